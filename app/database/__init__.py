"""Sessions, transactions, column types and the embedded PostgreSQL."""
