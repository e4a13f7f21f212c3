"""Sending tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from horsies_core.channels import work_channel
from horsies_core.new_task import NewTask
from horsies_core.plans.steps import Pipeline, Plan, Query, Rows

ROWS_PER_STATEMENT = 1_000
"""More rows in one statement are not faster (measured), and hold more memory on both sides."""


def enqueue_all(tasks: Sequence[NewTask], *, schema: str, reply_to: str | None) -> Plan[Sequence[UUID]]:
    """Record these tasks, all or none, in the order given; their ids.

    `reply_to`: the channel of this process if it already listens for results.
    """
    if len(tasks) == 1:
        return [(yield from enqueue(tasks[0], schema=schema, reply_to=reply_to))]
    yield from enqueue_many(tasks, schema=schema, reply_to=reply_to)
    return [task.id for task in tasks]


def enqueue(task: NewTask, *, schema: str, reply_to: str | None) -> Plan[UUID]:
    """Record one task; its id, or the id of the one that was sent under its key before.

    `reply_to`: the channel of this process if it already listens for results.
    """
    params = {"id": task.id, "args": task.args, **_common(task, schema, reply_to)}
    if task.idempotency_key is not None:
        return (yield from _enqueue_once(task, task.idempotency_key, params))
    yield Query("task/insert_again" if task.may_exist else "task/insert", params)
    return task.id


def _enqueue_once(task: NewTask, key: str, params: dict[str, object]) -> Plan[UUID]:
    """Interleaving: another send takes the key after our statement began. It waited for that one's commit, and does not
    see its row; the second look does.
    """
    rows: Rows = yield Query("task/insert_once", {**params, "key": key})
    if rows[0][0] is None:
        rows = yield Query("task/sent_under_key", {"name": task.name, "key": key})
    return rows[0][0]


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
    return (
        task.name,
        task.queue,
        task.priority,
        task.delay_seconds,
        task.run_at,
        task.retry_policy,
        task.good_until,
        task.timeout_ms,
    )


def _insert_parcel(tasks: Sequence[NewTask], schema: str, reply_to: str | None) -> Query:
    varying = {"ids": [task.id for task in tasks], "args": [task.args for task in tasks]}
    return Query("task/insert_many", {**varying, **_common(tasks[0], schema, reply_to)})


def _common(task: NewTask, schema: str, reply_to: str | None) -> dict[str, object]:
    return {
        "name": task.name,
        "queue": task.queue,
        "priority": task.priority,
        "delay": task.delay_seconds,
        "run_at": task.run_at,
        "retry_policy": task.retry_policy,
        "good_until": task.good_until,
        "timeout_ms": task.timeout_ms,
        "reply_to": [reply_to] if reply_to else None,
        "channel": work_channel(schema),
    }
