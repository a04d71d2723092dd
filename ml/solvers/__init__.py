"""What minimises over all rows by itself."""
