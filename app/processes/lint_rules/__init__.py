"""The rules of the linter, one module per subject; each check yields problems and stores nothing."""
