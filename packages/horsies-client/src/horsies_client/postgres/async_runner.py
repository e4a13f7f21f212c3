"""Drives plans over a psycopg `AsyncConnection`. Its twin is `sync_runner`: the same steps without `await`."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg

from horsies_core.plans import Atomic, Pipeline, Plan, Query, Rows, Script, Step
from horsies_core.statements import for_schema, statement

T = TypeVar("T")


async def run(plan: Plan[T], connection: psycopg.AsyncConnection[Any], schema: str) -> T:
    """Drive `plan` to its end over an autocommit connection; what it returned. Errors are psycopg's."""
    try:
        step = next(plan)
        while True:
            step = plan.send(await _perform(step, connection, schema))
    except StopIteration as end:
        return end.value
    finally:
        plan.close()


async def _perform(step: Step, connection: psycopg.AsyncConnection[Any], schema: str) -> Any:
    if isinstance(step, Query):
        return await _rows(await _execute(step, connection, schema))
    if isinstance(step, Pipeline):
        return await _pipeline(step, connection, schema)
    if isinstance(step, Script):
        # Several statements at once: the simple protocol, which prepares nothing.
        await connection.execute(for_schema(step.text, schema), prepare=False)
        return None
    return await _atomic(step, connection, schema)


async def _execute(query: Query, connection: psycopg.AsyncConnection[Any], schema: str) -> psycopg.AsyncCursor[Any]:
    cursor = connection.cursor(binary=query.binary)
    return await cursor.execute(statement(query.statement, schema), query.params)


async def _pipeline(step: Pipeline, connection: psycopg.AsyncConnection[Any], schema: str) -> list[Rows]:
    # In autocommit mode the server makes one transaction of what lies between two syncs: no BEGIN, no COMMIT.
    async with connection.pipeline():
        cursors = [await _execute(query, connection, schema) for query in step.queries]
    return [await _rows(cursor) for cursor in cursors]


async def _atomic(step: Atomic, connection: psycopg.AsyncConnection[Any], schema: str) -> Any:
    async with connection.transaction():
        return await run(step.plan, connection, schema)


async def _rows(cursor: psycopg.AsyncCursor[Any]) -> Rows:
    return await cursor.fetchall() if cursor.description else []
