"""The demo organisation at work: its history, lived through on the real engine in simulated time."""

from app.showcase.play import make_demo, play

__all__ = ["make_demo", "play"]
