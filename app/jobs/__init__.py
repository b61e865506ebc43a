"""Work that runs after a commit; Procrastinate is known here alone."""
