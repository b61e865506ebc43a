"""Stellwerk runs an organisation's IT service management the way its process charts say."""

__version__ = "0.1.0"
