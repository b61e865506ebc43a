"""Tests of who is told what, and of what became of it."""
