"""Records of all kinds, their journal, comments, files, history and search; knows people alone."""
