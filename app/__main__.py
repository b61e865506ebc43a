"""Lets `python -m app` be the same as `stellwerk`."""

from app.cli import main

main()
