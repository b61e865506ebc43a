"""Batches: many changes of records that are planned, looked at, and then stored together or not at all."""
