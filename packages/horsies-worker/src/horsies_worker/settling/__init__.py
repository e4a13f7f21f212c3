"""What becomes of attempts that are over."""
