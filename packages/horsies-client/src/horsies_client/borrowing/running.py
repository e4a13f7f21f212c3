"""Drives a plan as part of the caller's transaction: nothing here begins, commits or rolls back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row

from horsies_client.borrowing.recognising import async_connection, sync_connection
from horsies_client.postgres.trouble import broker_error
from horsies_core.plans import Pipeline, Plan, Query, Rows, Step
from horsies_core.statements import statement

T = TypeVar("T")


def run_borrowed(plan: Plan[T], given: Any, schema: str) -> T:
    """Drive a plan of queries on the caller's connection. BrokerError if the database refuses."""
    connection: psycopg.Connection[Any] = sync_connection(given)

    def perform(query: Query) -> Rows:
        # A cursor of our own: the caller's factory may give rows, or bind parameters, in its own way.
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        cursor.execute(statement(query.statement, schema), query.params)
        return cursor.fetchall() if cursor.description else []

    try:
        step = next(plan)
        while True:
            replies = [perform(query) for query in _queries(step)]
            step = plan.send(replies if isinstance(step, Pipeline) else replies[0])
    except StopIteration as end:
        return end.value
    except psycopg.Error as error:
        raise broker_error(error) from error
    finally:
        plan.close()


async def run_borrowed_async(plan: Plan[T], given: Any, schema: str) -> T:
    """The same on an async connection."""
    connection: psycopg.AsyncConnection[Any] = await async_connection(given)

    async def perform(query: Query) -> Rows:
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        await cursor.execute(statement(query.statement, schema), query.params)
        return await cursor.fetchall() if cursor.description else []

    try:
        step = next(plan)
        while True:
            replies = [await perform(query) for query in _queries(step)]
            step = plan.send(replies if isinstance(step, Pipeline) else replies[0])
    except StopIteration as end:
        return end.value
    except psycopg.Error as error:
        raise broker_error(error) from error
    finally:
        plan.close()


def _queries(step: Step) -> Sequence[Query]:
    """The statements of a step. Scripts and transactions of their own have no place in someone else's."""
    if isinstance(step, Pipeline):
        return step.queries
    if isinstance(step, Query):
        return [step]
    raise TypeError(f"{type(step).__name__} cannot be run in the caller's transaction")
