"""The scenarios beside the shipped diagrams."""
