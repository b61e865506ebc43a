"""Persons, teams, roles and how they sign in; knows no other part of the domain."""
