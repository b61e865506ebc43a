"""Tests of the clock: ticks, periodic duties, health."""
