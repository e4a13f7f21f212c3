"""A client whose tasks are answered by hand, at the moment of the test's choice; and callers with transactions."""

from __future__ import annotations

import socket
from collections.abc import Generator

import pytest

from tests.support.counter import Counter
from tests.support.shop import Shop
from tests.support.stand_in import StandIn
from tests.support.transactions import ASYNC_OPENINGS, OPENINGS, AsyncOpening, Opening
from tests.support.workshop import Workshop, build

NEVER_MS = 3_600_000


@pytest.fixture
def client(shop: Shop) -> Generator[Workshop]:
    """The workshop's app, which polls so rarely that what it hears in time it heard by notification."""
    workshop = build(shop.url, shop.schema, poll_ms=NEVER_MS)
    with workshop.app:
        yield workshop


@pytest.fixture
def counter(shop: Shop, client: Workshop) -> Counter:
    """Answers the client's additions, when it is told to."""
    return Counter(StandIn.arrive(shop), client)


@pytest.fixture
def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


@pytest.fixture(params=OPENINGS.values(), ids=[*OPENINGS])
def opening(request: pytest.FixtureRequest) -> Opening:
    return request.param


@pytest.fixture(params=ASYNC_OPENINGS.values(), ids=[*ASYNC_OPENINGS])
def async_opening(request: pytest.FixtureRequest) -> AsyncOpening:
    return request.param


@pytest.fixture
def save_an_order(shop: Shop) -> str:
    """A statement of the caller's own."""
    shop.query("create table {schema}.orders (number int)")
    return f'insert into "{shop.schema}".orders values (1)'


@pytest.fixture
def refusing(shop: Shop) -> Shop:
    """A database that refuses greetings."""
    shop.query("alter table {schema}.tasks add constraint no_greetings check (name <> 'greet')")
    return shop
