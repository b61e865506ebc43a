"""The console command `stellwerk`."""

from app.cli.commands import main

__all__ = ["main"]
