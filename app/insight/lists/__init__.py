"""Lists of records and cases: chosen columns, filters that can be kept and shared, sorting, export."""
