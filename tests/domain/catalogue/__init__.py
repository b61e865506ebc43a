"""Tests of the service catalogue."""
