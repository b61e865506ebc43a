"""The demo organisation at work: its history, lived through on the real engine in simulated time."""

from app.showcase.play import DAYS, make_demo, play

__all__ = ["DAYS", "make_demo", "play"]
