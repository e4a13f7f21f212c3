"""A private PostgreSQL for a project that has none: started by its first user, stopped with its last.

`server` is the way in. It chooses `binaries`, an `account` and a `place`, and starts a `reaper`: the process that makes
the `cluster`, is the parent of PostgreSQL, and ends it when the last lock of a user is gone.
"""

from horsies_client.embedded.server import EmbeddedServer, attach

__all__ = ["EmbeddedServer", "attach"]
