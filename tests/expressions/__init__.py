"""Tests of the language of conditions, scripts, forms and decision tables."""
