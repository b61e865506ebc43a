"""What people may see, found and summed up."""
