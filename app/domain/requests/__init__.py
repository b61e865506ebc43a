"""Service requests (ISRM, FitSM-2 PR9); knows people, records, services and the catalogue."""
