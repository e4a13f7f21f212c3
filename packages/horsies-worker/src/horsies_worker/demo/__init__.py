"""What `horsies demo` shows: `tasks` and `calls` are the play, `program` stages it.

The worker's children import `tasks` alone; rich is for the terminal only.
"""
