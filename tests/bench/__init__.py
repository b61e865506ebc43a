"""Benchmarks: what the product costs beside what it is built on, as ratios within one run; `python -m tests.bench`."""
