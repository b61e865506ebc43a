"""Tests of what the organisation knows and the rules it goes by."""
