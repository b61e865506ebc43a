"""Forms: reading, checking, HTML."""
