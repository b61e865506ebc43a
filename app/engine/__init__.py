"""Runs cases: SpiffWorkflow is known here alone."""
