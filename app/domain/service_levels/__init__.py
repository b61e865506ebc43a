"""Agreements with customers, teams and suppliers, and the clocks that run by them (SLM, FitSM-2 PR2)."""
