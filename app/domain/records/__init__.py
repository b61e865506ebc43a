"""Records of all kinds, their comments, files, history and search; knows people and the journal alone."""
