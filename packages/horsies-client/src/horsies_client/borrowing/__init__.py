"""Sending on the caller's own connection: the task exists if and only if the caller's transaction commits."""
