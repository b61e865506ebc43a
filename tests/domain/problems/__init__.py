"""Tests of persons, teams, roles and signing in."""
