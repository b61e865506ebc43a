"""Tests of the journal: its chains, the system's lines, anchors, erasure and verification."""
