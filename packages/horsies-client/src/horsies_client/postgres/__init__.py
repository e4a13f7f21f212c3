"""Everything that imports psycopg. Loaded with the first connection: importing psycopg costs more than the rest of
the client together, and a process that only defines tasks never pays it.
"""
