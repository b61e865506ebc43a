"""Tests of the outer ports."""
