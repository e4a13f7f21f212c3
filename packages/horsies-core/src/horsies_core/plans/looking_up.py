"""Reading where tasks stand, and asking to be told when they end."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.channels import work_channel
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.steps import Pipeline, Plan, Query, Rows


@frozen
class Sighting:
    """What the database said of one task: its status, and its encoded result if it has ended."""

    status: TaskStatus
    result: str | None


def look_up(ids: Sequence[UUID]) -> Plan[dict[UUID, Sighting]]:
    """Where these tasks stand. An id that is missing was never sent, or is not kept any longer."""
    rows: Rows = yield Query("task/look_up", {"ids": list(ids)}, binary=True)
    return _sightings(rows)


def look_up_and_await(ids: Sequence[UUID], *, channel: str, schema: str) -> Plan[dict[UUID, Sighting]]:
    """The same, and from here on the end of each live one is notified on `channel`.

    Two statements in this order, so the look sees what ended before the request took hold: a task that ends after the
    request notifies, one that ended before it is found.
    """
    request = Query("task/await_results", {"ids": list(ids), "channel": channel, "work_channel": work_channel(schema)})
    look = Query("task/look_up", {"ids": list(ids)}, binary=True)
    _, rows = yield Pipeline([request, look])
    return _sightings(rows)


def _sightings(rows: Rows) -> dict[UUID, Sighting]:
    return {task_id: Sighting(TaskStatus(status), result) for task_id, status, result in rows}
