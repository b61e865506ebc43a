"""Tests of the API: one file for each of its parts."""
