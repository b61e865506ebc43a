"""Tests of follow-up actions."""
