"""Tests of agreements and target clocks."""
