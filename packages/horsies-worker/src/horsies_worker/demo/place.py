"""Where the demo takes place: on an embedded server that vanishes afterwards, or on a given one."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from attrs import field, frozen

from horsies_client.embedded import EmbeddedServer, attach
from horsies_client.embedded.desk import Desk
from horsies_client.postgres.connecting import connection_settings
from horsies_client.postgres.trouble import broker_error
from horsies_core.config import PostgresConfig

_GONE_WITHIN_SECONDS = 10.0


@frozen
class Place:
    """A database, and a directory for files that vanishes as well."""

    url: str = field(repr=False)
    directory: Path
    description: str


@contextmanager
def demo_place(on_progress: Callable[[str], None]) -> Generator[Place]:
    """Yield the place: the server of HORSIES_DATABASE_URL if that is set, else an embedded one.

    Raises ConfigurationError and BrokerError, as `attach` does.
    """
    url = PostgresConfig().resolve_url(os.environ)
    with _temporary_directory() as directory:
        if url is not None:
            _check_reachable(url)
            yield Place(url, directory, "the PostgreSQL of HORSIES_DATABASE_URL, in a schema of our own")
            return
        server = attach(directory, on_progress=on_progress)
        try:
            yield Place(server.url, directory, f"an embedded PostgreSQL in {directory}")
        finally:
            _stop(server)


def _check_reachable(url: str) -> None:
    """Raise BrokerError at once; a client's pool would try for half a minute."""
    try:
        psycopg.connect(**connection_settings(url)).close()
    except psycopg.Error as error:
        raise broker_error(error) from error


@contextmanager
def _temporary_directory() -> Generator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="horsies-demo-")).resolve()
    # Passable: as root the server runs under another account. What is private in it is closed by itself.
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _stop(server: EmbeddedServer) -> None:
    """Leave the server, and wait until it has stopped: its files are about to be removed."""
    server.close()
    deadline = time.monotonic() + _GONE_WITHIN_SECONDS
    # Withdrawn when PostgreSQL has ended.
    address = Desk(server.directory).address
    while time.monotonic() < deadline and address.exists():
        time.sleep(0.02)
