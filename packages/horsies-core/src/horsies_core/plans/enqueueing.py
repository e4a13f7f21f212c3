"""Sending tasks."""

from __future__ import annotations

from collections.abc import Sequence

from horsies_core.channels import work_channel
from horsies_core.new_task import NewTask
from horsies_core.plans.steps import Pipeline, Plan, Query

ROWS_PER_STATEMENT = 1_000
"""More rows in one statement are not faster (measured), and hold more memory on both sides."""


def enqueue(task: NewTask, *, schema: str, reply_to: str | None) -> Plan[None]:
    """Record one task. `reply_to`: the channel of this process if it already listens for results."""
    yield Query(
        "task/insert",
        {
            "id": task.id,
            "name": task.name,
            "queue": task.queue,
            "priority": task.priority,
            "delay": task.delay_seconds,
            "args": task.args,
            "retry_policy": task.retry_policy,
            "reply_to": [reply_to] if reply_to else None,
            "channel": work_channel(schema),
        },
    )


def enqueue_many(tasks: Sequence[NewTask], *, schema: str, reply_to: str | None) -> Plan[None]:
    """Record all of these tasks or none, in the order given."""
    if tasks:
        yield Pipeline([_insert_parcel(parcel, schema, reply_to) for parcel in _parcels(tasks)])


def _parcels(tasks: Sequence[NewTask]) -> list[Sequence[NewTask]]:
    return [tasks[start : start + ROWS_PER_STATEMENT] for start in range(0, len(tasks), ROWS_PER_STATEMENT)]


def _insert_parcel(tasks: Sequence[NewTask], schema: str, reply_to: str | None) -> Query:
    return Query(
        "task/insert_many",
        {
            "ids": [task.id for task in tasks],
            "names": [task.name for task in tasks],
            "queues": [task.queue for task in tasks],
            "priorities": [task.priority for task in tasks],
            "delays": [task.delay_seconds for task in tasks],
            "args": [task.args for task in tasks],
            "retry_policies": [task.retry_policy for task in tasks],
            "reply_to": [reply_to] if reply_to else None,
            "channel": work_channel(schema),
        },
    )
