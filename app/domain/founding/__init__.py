"""The first start: from an empty database to an organisation that can work."""
