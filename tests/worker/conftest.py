"""What the tests of one worker stand on."""

from __future__ import annotations

import uuid
from collections.abc import Generator

import pytest

from tests.support.crew import Crew
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import build


@pytest.fixture(scope="module")
def crew(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Crew]:
    """A schema under guard, and a worker with two children."""
    schema = f"test_{uuid.uuid4().hex[:12]}"
    directory = tmp_path_factory.mktemp("crew")
    with Shop.open(database_url, schema) as shop:
        workshop = build(database_url, schema)
        with workshop.app, Workers(database_url, schema, directory) as workers:
            yield Crew(shop, workshop, workers.start().wait_settled_in(2))
        shop.connection.execute(f'drop schema "{schema}" cascade'.encode())
