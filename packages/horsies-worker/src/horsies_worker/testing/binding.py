"""An app on a schema of its own, for as long as a test lasts."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from attrs import evolve

from horsies_client.app import Horsies


@contextmanager
def bound(app: Horsies, database_url: str) -> Generator[Horsies]:
    """Bind the app to a new schema of this database; at the end drop the schema, and bind the app to what it had.

    The app stays the same object, and so do its tasks: whatever sends them in between sends to the new schema.
    """
    former = app.config.broker
    schema = f"test_{uuid.uuid4().hex[:16]}"
    app.rebind(evolve(former, database_url=database_url, listen_url=None, schema=schema))
    try:
        yield app
    finally:
        app.rebind(former)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f'drop schema if exists "{schema}" cascade'.encode())
