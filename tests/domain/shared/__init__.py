"""Tests of what diagrams of every area use."""
