"""What checking a session costs."""
