"""Drives plans over a psycopg `Connection`. Its twin is `async_runner`: the same steps with `await`."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg

from horsies_core.plans import Atomic, Pipeline, Plan, Query, Rows, Script, Step
from horsies_core.statements import for_schema, statement

T = TypeVar("T")


def run(plan: Plan[T], connection: psycopg.Connection[Any], schema: str) -> T:
    """Drive `plan` to its end over an autocommit connection; what it returned. Errors are psycopg's."""
    try:
        step = next(plan)
        while True:
            step = plan.send(_perform(step, connection, schema))
    except StopIteration as end:
        return end.value
    finally:
        plan.close()


def _perform(step: Step, connection: psycopg.Connection[Any], schema: str) -> Any:
    if isinstance(step, Query):
        return _rows(_execute(step, connection, schema))
    if isinstance(step, Pipeline):
        return _pipeline(step, connection, schema)
    if isinstance(step, Script):
        # Several statements at once: the simple protocol, which prepares nothing.
        connection.execute(for_schema(step.text, schema), prepare=False)
        return None
    return _atomic(step, connection, schema)


def _execute(query: Query, connection: psycopg.Connection[Any], schema: str) -> psycopg.Cursor[Any]:
    cursor = connection.cursor(binary=query.binary)
    return cursor.execute(statement(query.statement, schema), query.params)


def _pipeline(step: Pipeline, connection: psycopg.Connection[Any], schema: str) -> list[Rows]:
    # In autocommit mode the server makes one transaction of what lies between two syncs: no BEGIN, no COMMIT.
    with connection.pipeline():
        cursors = [_execute(query, connection, schema) for query in step.queries]
    return [_rows(cursor) for cursor in cursors]


def _atomic(step: Atomic, connection: psycopg.Connection[Any], schema: str) -> Any:
    with connection.transaction():
        return run(step.plan, connection, schema)


def _rows(cursor: psycopg.Cursor[Any]) -> Rows:
    return cursor.fetchall() if cursor.description else []
