"""Input that must not do harm: for each a clear answer, and nothing half done."""
