"""Service catalogue (SLM, FitSM-2 PR2): what people may order; knows people, records and services."""
