"""Pages are asked for over HTTP and read as a person's browser reads them."""
