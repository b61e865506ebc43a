"""Known errors (PM, FitSM-2 PR10); knows people, records and services."""
