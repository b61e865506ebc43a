"""Calendars and working time, and who works by which calendar."""
