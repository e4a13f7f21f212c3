"""A shop that takes orders, and confirms each of them in the background."""
