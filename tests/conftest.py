"""What the tests stand on: a real PostgreSQL, a schema for each test, an app, and real workers.

The database is the embedded one, or HORSIES_TEST_DATABASE_URL.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from horsies_client.embedded import attach
from tests.support.fault_proxy import FaultProxy
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop, build


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A server for the whole run."""
    url = os.environ.get("HORSIES_TEST_DATABASE_URL")
    if url:
        yield url
        return
    directory: Path = tmp_path_factory.mktemp("postgres", numbered=False)
    with attach(directory) as server:
        yield server.url


@pytest.fixture
def schema(database_url: str) -> Generator[str]:
    """The name of a schema that no other test has; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield name
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'drop schema if exists "{name}" cascade'.encode())


@pytest.fixture
def shop(database_url: str, schema: str) -> Generator[Shop]:
    """The schema migrated, a connection to it, and a trigger that refuses every undeclared move."""
    with Shop.open(database_url, schema) as shop:
        yield shop


@pytest.fixture
def workshop(database_url: str, schema: str) -> Generator[Workshop]:
    """An app with tasks of every kind, on the test's schema."""
    workshop = build(database_url, schema)
    with workshop.app:
        yield workshop


@pytest.fixture
def workers(database_url: str, schema: str, tmp_path: Path) -> Generator[Workers]:
    """Starts real workers for the workshop's app, and ends those that the test leaves running."""
    with Workers(database_url, schema, tmp_path) as workers:
        yield workers


@pytest.fixture
def proxy(database_url: str) -> Generator[FaultProxy]:
    """Another way to the database, on which things get lost."""
    with FaultProxy(database_url) as proxy:
        yield proxy
