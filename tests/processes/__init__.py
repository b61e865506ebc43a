"""Tests of reading, publishing and describing diagrams."""
