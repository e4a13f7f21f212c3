"""What PostgreSQL's planner makes of a statement: with its parameters known, or with a plan for any parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from attrs import frozen

from horsies_core.statements import statement
from tests.support.shop import Shop


@frozen
class QueryPlan:
    """A plan as EXPLAIN tells it."""

    root: Mapping[str, Any]

    def nodes(self) -> Iterator[Mapping[str, Any]]:
        """Every node, those of common table expressions and of subqueries included."""
        yield from _nodes(self.root)

    @property
    def sorts(self) -> bool:
        """Whether it sorts anything."""
        return any("Sort" in node["Node Type"] for node in self.nodes())


def plan_of(shop: Shop, name: str, params: Mapping[str, Any], *, generic: bool, after: Sequence[str] = ()) -> QueryPlan:
    """The plan for exactly these parameters or, with `generic`, the one for any parameters, to which PostgreSQL turns
    for a statement that it has run a few times. `after`: statements of the same transaction that come before it.
    """
    with shop.connection.transaction(), psycopg.ClientCursor(shop.connection) as cursor:
        for earlier in after:
            cursor.execute(statement(earlier, shop.schema))
        if generic:
            return _generic_plan(cursor, statement(name, shop.schema).decode(), params)
        cursor.execute(b"explain (format json) " + statement(name, shop.schema), params)
        return _plan(cursor)


def _generic_plan(cursor: psycopg.Cursor[Any], text: str, params: Mapping[str, Any]) -> QueryPlan:
    numbers: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)[sbt]", lambda it: f"${numbers.setdefault(it[1], len(numbers) + 1)}", text)
    places = f"({', '.join(f'%({parameter})s' for parameter in numbers)})" if numbers else ""
    cursor.execute("set local plan_cache_mode = force_generic_plan")
    cursor.execute(f"prepare looked_at as {numbered}".encode())
    cursor.execute(f"explain (format json) execute looked_at{places}".encode(), params)
    plan = _plan(cursor)
    cursor.execute("deallocate looked_at")
    return plan


def _plan(cursor: psycopg.Cursor[Any]) -> QueryPlan:
    ((told,),) = cursor.fetchall()
    return QueryPlan(told[0]["Plan"])


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
