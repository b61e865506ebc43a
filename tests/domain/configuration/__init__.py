"""Tests of settings that are changed on pages."""
