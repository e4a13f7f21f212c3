"""Which database: the configured one, the environment's, or the embedded server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from horsies_core.config import PostgresConfig

if TYPE_CHECKING:
    from horsies_client.embedded import EmbeddedServer

EMBEDDED_DIRECTORY = ".horsies"
"""In the working directory: every process started there shares one server."""


@frozen
class DatabaseAddress:
    """Where to connect. Holding `server` keeps the embedded server up for this process."""

    url: str
    listen_url: str
    server: EmbeddedServer | None = None

    @property
    def kind(self) -> str:
        """Words for a log line; never the URL."""
        return "embedded PostgreSQL" if self.server else "PostgreSQL"

    def revive(self) -> None:
        """Start the embedded server again if it died. Cheap if it lives; nothing if the database is not ours."""
        if self.server is not None:
            from horsies_client.embedded import attach

            # One user more of the same seat; the first stays, so the server lives on.
            attach(self.server.directory).close()

    def close(self) -> None:
        """Let go of the embedded server; it stops with its last user."""
        if self.server is not None:
            self.server.close()


def resolve_database_url(config: PostgresConfig) -> DatabaseAddress:
    """The address of the database; starts the embedded server if nothing else is configured.

    Raises ConfigurationError, naming both ways out, if there is no URL and the `embedded` extra is not installed.
    """
    url = config.resolve_url(os.environ)
    server = None
    if url is None:
        # Here, because only those who have no database pay for it.
        from horsies_client.embedded import attach

        server = attach(Path(EMBEDDED_DIRECTORY))
        url = server.url
    return DatabaseAddress(url, config.listen_url or url, server)
