"""Sending tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from horsies_core.channels import work_channel
from horsies_core.new_task import NewTask
from horsies_core.plans.steps import Pipeline, Plan, Query

ROWS_PER_STATEMENT = 1_000
"""More rows in one statement are not faster (measured), and hold more memory on both sides."""


def enqueue(task: NewTask, *, schema: str, reply_to: str | None) -> Plan[None]:
    """Record one task. `reply_to`: the channel of this process if it already listens for results."""
    yield Query("task/insert", {"id": task.id, "args": task.args, **_common(task, schema, reply_to)})


def enqueue_many(tasks: Sequence[NewTask], *, schema: str, reply_to: str | None) -> Plan[None]:
    """Record all of these tasks or none, in the order given."""
    if tasks:
        yield Pipeline([_insert_parcel(parcel, schema, reply_to) for parcel in _parcels(tasks)])


def _parcels(tasks: Sequence[NewTask]) -> Iterator[Sequence[NewTask]]:
    """Neighbours that differ in id and arguments alone go together."""
    for _, group in groupby(tasks, key=_kind):
        alike = list(group)
        for start in range(0, len(alike), ROWS_PER_STATEMENT):
            yield alike[start : start + ROWS_PER_STATEMENT]


def _kind(task: NewTask) -> tuple[object, ...]:
    return (task.name, task.queue, task.priority, task.delay_seconds, task.retry_policy)


def _insert_parcel(tasks: Sequence[NewTask], schema: str, reply_to: str | None) -> Query:
    varying = {"ids": [task.id for task in tasks], "args": [task.args for task in tasks]}
    return Query("task/insert_many", {**varying, **_common(tasks[0], schema, reply_to)})


def _common(task: NewTask, schema: str, reply_to: str | None) -> dict[str, object]:
    return {
        "name": task.name,
        "queue": task.queue,
        "priority": task.priority,
        "delay": task.delay_seconds,
        "retry_policy": task.retry_policy,
        "reply_to": [reply_to] if reply_to else None,
        "channel": work_channel(schema),
    }
