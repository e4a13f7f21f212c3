"""Measurements, each a ratio to psycopg alone doing the same statements on the same tables and server in the same run.

`make bench`, or `python -m benchmarks draining round_trip` for some of them.
"""
