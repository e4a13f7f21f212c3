"""A private PostgreSQL for a project that has none: started by its first user, stopped with its last.

`server` is the way in. Users meet at the `desk`, by `locks`. The first one chooses `binaries`, an `account` and a
`home` (`starting`), and launches the `reaper`: the process that makes the `cluster`, is the parent of PostgreSQL, and
ends it when the lock of the last user is gone.
"""

from horsies_client.embedded.server import EmbeddedServer, attach

__all__ = ["EmbeddedServer", "attach"]
