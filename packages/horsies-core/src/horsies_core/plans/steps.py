"""The words of a plan.

    def newest(task_id):
        rows = yield Query("task/look_up", {"ids": [task_id]})
        return rows[0] if rows else None

Sent to a runner, a `Query` comes back as its rows, a `Pipeline` as a list of rows for each of its queries, an `Atomic`
as what its inner plan returned, a `Script` as nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from attrs import field, frozen

T = TypeVar("T")

Rows: TypeAlias = "list[tuple[Any, ...]]"


@frozen
class Query:
    """One statement from `statements/`, a transaction of its own unless it stands in an `Atomic`."""

    statement: str
    params: Mapping[str, Any] = field(factory=dict[str, Any])
    binary: bool = False
    """Rows come in PostgreSQL's binary format: quicker for uuids and many rows."""


@frozen
class Pipeline:
    """Several statements in one round trip and one transaction: all of them happen, or none."""

    queries: Sequence[Query]


@frozen
class Script:
    """Several statements without parameters or rows, for migrations. `{schema}` is filled in by the runner."""

    text: str


@frozen
class Atomic:
    """A plan whose steps happen in one transaction, one after another."""

    plan: Plan[Any]


Step: TypeAlias = Query | Pipeline | Script | Atomic

Plan: TypeAlias = Generator[Step, Any, T]
