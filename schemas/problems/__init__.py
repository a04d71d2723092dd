"""What is wrong with a configuration and where; imports nothing of the package."""
