"""The append-only history of everything: chains of hashes of cases, records and the system; knows no other area."""
