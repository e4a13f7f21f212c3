"""Keeping the tables fit, by whichever worker gets to it."""
