"""Lists of records and cases."""
