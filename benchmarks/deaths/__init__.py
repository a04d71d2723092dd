"""What is killed or full."""
