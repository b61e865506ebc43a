"""Tests of how Python becomes callable from a diagram."""
