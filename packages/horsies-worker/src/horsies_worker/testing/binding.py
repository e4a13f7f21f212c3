"""An app on a schema of its own, for as long as a test lasts."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import closing, contextmanager

import psycopg
from attrs import evolve

from horsies_client.app import Horsies
from horsies_client.database_url import resolve_database_url


@contextmanager
def bound(app: Horsies, database_url: str | None = None) -> Generator[Horsies]:
    """Bind the app to a new schema of this database (None: of its own); at the end drop the schema, and bind the app
    to what it had.

    The app stays the same object, and so do its tasks: whatever sends them in between sends to the new schema.
    """
    former = app.config.broker
    named = former if database_url is None else evolve(former, database_url=database_url, listen_url=None)
    schema = f"test_{uuid.uuid4().hex[:16]}"
    # Held until the schema is dropped: an embedded server stops with its last user.
    with closing(resolve_database_url(named)) as address:
        app.rebind(evolve(named, database_url=address.url, schema=schema))
        try:
            yield app
        finally:
            app.rebind(former)
            with psycopg.connect(address.url, autocommit=True) as connection:
                connection.execute(f'drop schema if exists "{schema}" cascade'.encode())
