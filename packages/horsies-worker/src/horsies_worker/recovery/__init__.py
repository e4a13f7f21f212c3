"""Staying alive in the eyes of others, and taking over from those who did not."""
