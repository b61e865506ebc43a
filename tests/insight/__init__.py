"""What pages and API read across engine and domain."""
