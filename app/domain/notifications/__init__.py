"""Who is told what, and the log of it."""
