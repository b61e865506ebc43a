"""Settings that an administrator changes on pages; what the environment sets counts more."""
