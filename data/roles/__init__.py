"""What columns are for, and what makes a question hopeless."""
