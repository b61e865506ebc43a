"""Diagrams, forms and decisions as published, immutable versions."""
