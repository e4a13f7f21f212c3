"""Who asks: sends tasks and waits for their results."""
