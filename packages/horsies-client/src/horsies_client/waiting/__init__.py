"""Awaiting results: one listener for each process, shared by all who wait, threads and coroutines."""
