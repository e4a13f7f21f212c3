"""Drives a plan as part of the caller's transaction, which is the caller's to begin, commit and roll back."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from horsies_client.borrowing.recognising import async_connection, sync_connection
from horsies_client.borrowing.trouble import reaching, refusal
from horsies_core.plans import Pipeline, Plan, Query, Rows, Step
from horsies_core.statements import statement

T = TypeVar("T")


def borrow(given: Any) -> psycopg.Connection[Any]:
    """The psycopg connection of what the caller gave. ConfigurationError if there is none, BrokerError if the caller's
    library cannot reach the database.
    """
    with reaching():
        return sync_connection(given)


async def borrow_async(given: Any) -> psycopg.AsyncConnection[Any]:
    """The same of an async connection."""
    with reaching():
        return await async_connection(given)


def run_borrowed(plan: Plan[T], connection: psycopg.Connection[Any], schema: str) -> T:
    """Drive a plan of queries. BrokerError if the database refuses one: the caller's transaction is then aborted."""
    with _telling(schema), _closing(plan):
        try:
            step = next(plan)
            while True:
                step = plan.send(_perform(step, connection, schema))
        except StopIteration as end:
            return end.value


async def run_borrowed_async(plan: Plan[T], connection: psycopg.AsyncConnection[Any], schema: str) -> T:
    """The same on an async connection."""
    with _telling(schema), _closing(plan):
        try:
            step = next(plan)
            while True:
                step = plan.send(await _perform_async(step, connection, schema))
        except StopIteration as end:
            return end.value


def _perform(step: Step, connection: psycopg.Connection[Any], schema: str) -> Any:
    if isinstance(step, Query):
        return _rows(step, connection, schema)
    if isinstance(step, Pipeline):
        with connection.transaction() if _commits_each(connection) else nullcontext():
            return [_rows(query, connection, schema) for query in step.queries]
    raise _not_for_borrowing(step)


async def _perform_async(step: Step, connection: psycopg.AsyncConnection[Any], schema: str) -> Any:
    if isinstance(step, Query):
        return await _rows_async(step, connection, schema)
    if isinstance(step, Pipeline):
        async with connection.transaction() if _commits_each(connection) else nullcontext():
            return [await _rows_async(query, connection, schema) for query in step.queries]
    raise _not_for_borrowing(step)


def _rows(query: Query, connection: psycopg.Connection[Any], schema: str) -> Rows:
    # A cursor of our own: the caller's factory may give rows, or bind parameters, in its own way.
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    return cursor.execute(statement(query.statement, schema), query.params).fetchall()


async def _rows_async(query: Query, connection: psycopg.AsyncConnection[Any], schema: str) -> Rows:
    cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
    await cursor.execute(statement(query.statement, schema), query.params)
    return await cursor.fetchall()


def _commits_each(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether no transaction of the caller's makes several statements all or nothing."""
    return connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE


def _not_for_borrowing(step: Step) -> TypeError:
    """Scripts and transactions of their own have no place in someone else's."""
    return TypeError(f"{type(step).__name__} cannot be run in the caller's transaction")


@contextmanager
def _telling(schema: str) -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise refusal(error, schema) from error


@contextmanager
def _closing(plan: Plan[Any]) -> Generator[None]:
    try:
        yield
    finally:
        plan.close()
