"""Working time; knows no other part of the domain."""
