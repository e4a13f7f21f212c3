"""The client: defining tasks, sending them, awaiting their results. Users import its names from `horsies`."""

__version__ = "0.1.0"
"""Of the client. All distributions of horsies have the same."""
