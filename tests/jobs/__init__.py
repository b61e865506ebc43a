"""Tests of the queue, its workers, rescue and dead letters."""
