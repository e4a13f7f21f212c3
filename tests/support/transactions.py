"""A transaction of the caller's, in every library that horsies can send in.

It commits at the end of the block, and rolls back when an exception leaves it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import psycopg
import pytest
import sqlalchemy
from attrs import frozen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from sqlalchemy import orm
from sqlalchemy.ext import asyncio as async_sqlalchemy

from tests.support.shop import Shop


@frozen
class Transaction:
    """An open transaction: what is given as `connection=`, and the library's own way to do a statement."""

    connection: Any
    execute: Callable[[str], object]


@frozen
class AsyncTransaction:
    """The same for async code."""

    connection: Any
    execute: Callable[[str], Awaitable[object]]


Opening = Callable[[str], AbstractContextManager[Transaction]]
AsyncOpening = Callable[[str], AbstractAsyncContextManager[AsyncTransaction]]


@contextmanager
def psycopg_connection(url: str, **settings: Any) -> Generator[Transaction]:
    """The block of the connection itself: autocommit off, committed at its end."""
    with psycopg.connect(url, **settings) as connection:
        yield Transaction(connection, lambda text: connection.execute(text.encode()))


@contextmanager
def psycopg_transaction_block(url: str) -> Generator[Transaction]:
    """`connection.transaction()` on a connection that is in autocommit mode otherwise."""
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        yield Transaction(connection, lambda text: connection.execute(text.encode()))


@contextmanager
def psycopg_pipeline(url: str) -> Generator[Transaction]:
    """Statements that are sent without waiting for the replies to those before."""
    with psycopg.connect(url) as connection, connection.pipeline():
        yield Transaction(connection, lambda text: connection.execute(text.encode()))


@contextmanager
def engine_of(url: str) -> Generator[sqlalchemy.Engine]:
    engine = sqlalchemy.create_engine(_sqlalchemy_url(url))
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def sqlalchemy_begin(url: str) -> Generator[Transaction]:
    """`engine.begin()`."""
    with engine_of(url) as engine, engine.begin() as connection:
        yield Transaction(connection, connection.exec_driver_sql)


@contextmanager
def sqlalchemy_commit_as_you_go(url: str) -> Generator[Transaction]:
    """`engine.connect()` and `commit()`."""
    with engine_of(url) as engine, engine.connect() as connection:
        yield Transaction(connection, connection.exec_driver_sql)
        connection.commit()


@contextmanager
def sqlalchemy_session(url: str) -> Generator[Transaction]:
    with engine_of(url) as engine, orm.Session(engine) as session, session.begin():
        yield Transaction(session, lambda text: session.execute(sqlalchemy.text(text)))


@contextmanager
def sqlalchemy_scoped_session(url: str) -> Generator[Transaction]:
    """As Flask-SQLAlchemy has it."""
    with engine_of(url) as engine:
        session = orm.scoped_session(orm.sessionmaker(engine))
        try:
            yield Transaction(session, lambda text: session.execute(sqlalchemy.text(text)))
            session.commit()
        finally:
            session.remove()


@contextmanager
def django_atomic(url: str) -> Generator[Transaction]:
    """`transaction.atomic()`, on Django's `connection`."""
    database = _django_database(url)
    connection: Any = database.connection
    try:
        connection.ensure_connection()
    except database.NotSupportedError as error:
        connection.close()
        pytest.skip(str(error))

    def execute(text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)

    try:
        with database.transaction.atomic():
            yield Transaction(connection, execute)
    finally:
        connection.close()


@asynccontextmanager
async def async_psycopg_connection(url: str, **settings: Any) -> AsyncGenerator[AsyncTransaction]:
    async with await psycopg.AsyncConnection.connect(url, **settings) as connection:
        yield AsyncTransaction(connection, lambda text: connection.execute(text.encode()))


@asynccontextmanager
async def async_psycopg_transaction_block(url: str) -> AsyncGenerator[AsyncTransaction]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection, connection.transaction():
        yield AsyncTransaction(connection, lambda text: connection.execute(text.encode()))


@asynccontextmanager
async def async_engine_of(url: str) -> AsyncGenerator[async_sqlalchemy.AsyncEngine]:
    engine = async_sqlalchemy.create_async_engine(_sqlalchemy_url(url))
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def async_sqlalchemy_begin(url: str) -> AsyncGenerator[AsyncTransaction]:
    async with async_engine_of(url) as engine, engine.begin() as connection:
        yield AsyncTransaction(connection, connection.exec_driver_sql)


@asynccontextmanager
async def async_sqlalchemy_commit_as_you_go(url: str) -> AsyncGenerator[AsyncTransaction]:
    async with async_engine_of(url) as engine, engine.connect() as connection:
        yield AsyncTransaction(connection, connection.exec_driver_sql)
        await connection.commit()


@asynccontextmanager
async def async_sqlalchemy_session(url: str) -> AsyncGenerator[AsyncTransaction]:
    async with async_engine_of(url) as engine, async_sqlalchemy.AsyncSession(engine) as session, session.begin():
        yield AsyncTransaction(session, lambda text: session.execute(sqlalchemy.text(text)))


@asynccontextmanager
async def async_sqlalchemy_scoped_session(url: str) -> AsyncGenerator[AsyncTransaction]:
    async with async_engine_of(url) as engine:
        factory = async_sqlalchemy.async_sessionmaker(engine)
        session = async_sqlalchemy.async_scoped_session(factory, scopefunc=lambda: 0)
        try:
            yield AsyncTransaction(session, lambda text: session.execute(sqlalchemy.text(text)))
            await session.commit()
        finally:
            await session.remove()


OPENINGS: dict[str, Opening] = {
    "psycopg": psycopg_connection,
    "psycopg in a transaction block": psycopg_transaction_block,
    "psycopg in a pipeline": psycopg_pipeline,
    "psycopg with rows as dicts": lambda url: psycopg_connection(url, row_factory=dict_row),
    "psycopg that binds in the client": lambda url: psycopg_connection(url, cursor_factory=psycopg.ClientCursor),
    "SQLAlchemy, begin": sqlalchemy_begin,
    "SQLAlchemy, commit as you go": sqlalchemy_commit_as_you_go,
    "SQLAlchemy Session": sqlalchemy_session,
    "SQLAlchemy scoped_session": sqlalchemy_scoped_session,
    "Django": django_atomic,
}

ASYNC_OPENINGS: dict[str, AsyncOpening] = {
    "psycopg": async_psycopg_connection,
    "psycopg in a transaction block": async_psycopg_transaction_block,
    "psycopg with rows as dicts": lambda url: async_psycopg_connection(url, row_factory=dict_row),
    "psycopg that binds in the client": lambda url: async_psycopg_connection(
        url, cursor_factory=psycopg.AsyncClientCursor
    ),
    "SQLAlchemy, begin": async_sqlalchemy_begin,
    "SQLAlchemy, commit as you go": async_sqlalchemy_commit_as_you_go,
    "SQLAlchemy AsyncSession": async_sqlalchemy_session,
    "SQLAlchemy async_scoped_session": async_sqlalchemy_scoped_session,
}


def saved(shop: Shop) -> tuple[int, int]:
    """How many orders and how many tasks everybody can see."""
    [(orders, tasks)] = shop.query(
        "select (select count(*) from {schema}.orders), (select count(*) from {schema}.tasks)"
    )
    return orders, tasks


def tasks_in(shop: Shop) -> list[str]:
    """The names of the tasks that everybody can see, in the order in which they were sent."""
    return [name for (name,) in shop.query("select name from {schema}.tasks order by seq")]


def _sqlalchemy_url(url: str) -> sqlalchemy.URL:
    return sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")


@cache
def _django_database(url: str) -> Any:
    """`django.db`, set up once in a process. By name, because Django has no types of its own."""
    parts = conninfo_to_dict(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "PASSWORD": parts.get("password", ""),
        "HOST": parts["host"],
        "PORT": str(parts.get("port", "")),
    }
    import_module("django.conf").settings.configure(DATABASES={"default": database}, USE_TZ=True)
    import_module("django").setup()
    return import_module("django.db")
