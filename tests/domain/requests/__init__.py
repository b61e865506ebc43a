"""Tests of service requests."""
