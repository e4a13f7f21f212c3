"""The turn, and what wakes it."""
