"""Services (SPM, FitSM-2 PR1); knows people and records."""
