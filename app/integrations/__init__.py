"""The outer ports: mail and whatever else lies outside; only jobs call them."""
