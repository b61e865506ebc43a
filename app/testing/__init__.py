"""Scenarios and factories, for us and for process owners."""
