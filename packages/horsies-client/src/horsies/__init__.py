"""The public names of horsies."""
