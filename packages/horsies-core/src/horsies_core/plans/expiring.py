"""Ending tasks that were not started by their `good_until`.

Crash points: the tasks are locked and ended in one transaction; cut short, they are pending still, no claim takes them,
and the next pass ends them.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from horsies_core.codec import encode_error
from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.steps import Atomic, Plan, Query, Rows
from horsies_core.plans.turning import end
from horsies_core.result import LibraryErrorCode, TaskError

TASKS_PER_PASS = 500

_EXPIRED = encode_error(TaskError(error_code=LibraryErrorCode.TASK_EXPIRED, message="not started by its good_until"))


def expire(*, schema: str) -> Plan[Sequence[UUID]]:
    """End up to `TASKS_PER_PASS` tasks as EXPIRED; their ids."""
    return (yield Atomic(_expire(schema)))


def next_expiry() -> Plan[float | None]:
    """Seconds until the next pending task expires, not more than 0 if one has; None if none will."""
    rows: Rows = yield Query("task/next_expiry")
    return rows[0][0]


def _expire(schema: str) -> Plan[Sequence[UUID]]:
    rows: Rows = yield Query("task/expired", {"limit": TASKS_PER_PASS})
    code = LibraryErrorCode.TASK_EXPIRED.value
    endings = Endings([Settlement(row[0], None, TaskStatus.EXPIRED, code, _EXPIRED) for row in rows])
    ended = yield from end(endings, schema=schema)
    return list(ended)
