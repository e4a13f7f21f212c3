"""What cannot be a caller's connection is refused before anything is done, with advice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import exc, orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from horsies import BrokerError, ConfigurationError, ErrorCode
from tests.support.transactions import django_atomic, engine_of
from tests.support.workshop import Workshop


@contextmanager
def django_connection(url: str) -> Generator[Any]:
    with django_atomic(url) as transaction:
        yield transaction.connection


@contextmanager
def connection_of_sqlite() -> Generator[Any]:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def refusal_of_send(workshop: Workshop, connection: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        workshop.add.with_options(connection=connection).send(1, 2)
    return caught.value


def refusal_of_send_async(workshop: Workshop, connection: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(workshop.add.with_options(connection=connection).send_async(1, 2))
    return caught.value


def test_send_refuses_connections_of_async_code(workshop: Workshop, database_url: str) -> None:
    engine = create_async_engine("postgresql+psycopg://")

    async def refusals() -> list[ConfigurationError]:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            return [refusal_of_send(workshop, given) for given in (connection, engine.connect(), AsyncSession(engine))]

    for refusal in asyncio.run(refusals()):
        assert "it is for async code" in refusal.message
        assert refusal.help == "use send_async, or pass a sync connection"


def test_send_async_refuses_connections_of_sync_code(workshop: Workshop, database_url: str) -> None:
    with ExitStack() as stack:
        engine = stack.enter_context(engine_of(database_url))
        for given in (
            stack.enter_context(psycopg.connect(database_url)),
            stack.enter_context(engine.connect()),
            stack.enter_context(orm.Session(engine)),
            orm.scoped_session(orm.sessionmaker(engine)),
        ):
            refusal = refusal_of_send_async(workshop, given)
            assert "it is for sync code" in refusal.message
            assert refusal.help == "use send, or pass an async connection"


def test_send_async_refuses_django_s_connection(workshop: Workshop, database_url: str) -> None:
    with django_connection(database_url) as connection:
        assert "it is for sync code" in refusal_of_send_async(workshop, connection).message


def test_a_connection_of_another_driver_is_refused_with_the_right_one(workshop: Workshop) -> None:
    with connection_of_sqlite() as connection:
        refusal = refusal_of_send(workshop, connection)
    assert "its driver is sqlite3, not psycopg 3" in refusal.message
    assert "postgresql+psycopg://" in (refusal.help or "")


@pytest.mark.parametrize("refuse", [refusal_of_send, refusal_of_send_async])
def test_what_is_not_known_is_refused_with_what_is(workshop: Workshop, refuse: Any) -> None:
    raw = sqlite3.connect(":memory:")
    engine = sqlalchemy.create_engine("postgresql+psycopg://")
    for given, name in ((raw, "sqlite3.Connection"), (engine, "sqlalchemy.engine.base.Engine"), ("dsn", "str")):
        refusal = refuse(workshop, given)
        assert refusal.code is ErrorCode.TASK_INVALID_OPTIONS
        assert f"{name} is not known" in refusal.message
        assert "a psycopg Connection or AsyncConnection, an SQLAlchemy Connection" in (refusal.help or "")
    raw.close()


def test_calls_on_different_connections_are_not_sent_together(workshop: Workshop, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        borrowing = workshop.add.with_options(connection=connection)
        with pytest.raises(ConfigurationError, match="different connections"):
            workshop.app.send_many([borrowing.call(1, 2), workshop.add.call(1, 2)])


def test_a_session_that_cannot_reach_its_database_is_a_broker_error(workshop: Workshop) -> None:
    with engine_of("postgresql://nobody@127.0.0.1:1/nowhere") as engine, orm.Session(engine) as session:
        with pytest.raises(BrokerError, match="could not be reached") as caught:
            workshop.add.with_options(connection=session).send(1, 2)
        assert isinstance(caught.value.__cause__, exc.OperationalError)
