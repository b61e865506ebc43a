"""Follow-up actions (FitSM-2 GR7, PR14): who does what until when, and whether it helped; knows people and records."""
