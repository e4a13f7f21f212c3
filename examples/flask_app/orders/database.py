"""The shop's tables. The queue has its own in the same database, which is what lets one transaction hold both."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

DATABASE_URL = os.environ["DATABASE_URL"]

_TABLES = """
create table if not exists products (
    name  text primary key,
    stock int not null
);
create table if not exists orders (
    id                uuid primary key,
    product           text not null references products,
    quantity          int not null,
    is_confirmed      bool not null default false,
    confirmation_task uuid not null
);
insert into products values ('saddle', 100) on conflict do nothing;
"""

_pool = ConnectionPool[psycopg.Connection[DictRow]](
    DATABASE_URL,
    connection_class=psycopg.Connection[DictRow],
    kwargs={"row_factory": dict_row},
    min_size=0,
    max_size=5,
    open=False,
)


@contextmanager
def transaction() -> Generator[psycopg.Connection[DictRow]]:
    """A connection whose work is committed at the end of the block, and rolled back by an exception."""
    _pool.open()  # With the first use: a server that forks has forked by then.
    with _pool.connection() as connection:
        yield connection


def prepare() -> None:
    """Make the tables, and put something on the shelves."""
    with psycopg.connect(DATABASE_URL) as connection:
        connection.execute(_TABLES)
