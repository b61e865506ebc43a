"""Tests of records, their journal, comments, files and search."""
