"""Cancelling a task, wherever it stands, and what its worker asks of it."""

from __future__ import annotations

from uuid import UUID

from horsies_core.channels import work_channel
from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.looking_up import look_up
from horsies_core.plans.steps import Plan, Query, Rows
from horsies_core.plans.turning import CANCELLED, end
from horsies_core.result import LibraryErrorCode


def cancel(task_id: UUID, *, by_force: bool, schema: str) -> Plan[bool]:
    """Whether the task will end, or has ended, CANCELLED.

    A task moves between our statements: claimed after we found it not running, released after we found it not pending.
    Each statement guards itself, so we try again until one of them took hold or the task has ended; every round that
    finds neither means that someone else moved it.
    """
    pending = Settlement(task_id, None, TaskStatus.CANCELLED, LibraryErrorCode.TASK_CANCELLED.value, CANCELLED)
    request = {"id": task_id, "manner": "force" if by_force else "ask", "channel": work_channel(schema)}
    while True:
        ended = yield from end(Endings([pending]), schema=schema)
        if ended:
            return True
        asked: Rows = yield Query("task/request_cancel", request)
        if asked:
            return True
        sightings = yield from look_up([task_id])
        sighting = sightings.get(task_id)
        if sighting is None or sighting.status.is_terminal:
            return sighting is not None and sighting.status is TaskStatus.CANCELLED


def cancel_requests(incarnation: UUID) -> Plan[dict[UUID, bool]]:
    """The tasks this worker holds that are to be cancelled, and whether by force."""
    rows: Rows = yield Query("task/cancel_requests", {"incarnation": incarnation})
    return dict(rows)
