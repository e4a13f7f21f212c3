"""Reading all that is known of a task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from attrs import frozen

from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.steps import Pipeline, Plan, Query
from horsies_core.task_info import AttemptInfo, TaskInfo


@frozen
class Description:
    """A task's info, and its result still encoded: only the caller knows its type."""

    info: TaskInfo
    result: str | None


def describe(task_id: UUID) -> Plan[Description | None]:
    """What is known of a task; None if it is not, or not any longer."""
    tasks, attempts = yield Pipeline(
        [Query("task/describe", {"ids": [task_id]}), Query("task/attempts", {"id": task_id})]
    )
    if not tasks:
        return None
    (row,) = tasks
    return Description(_info(row, [_attempt(attempt) for attempt in attempts]), result=row[-1])


def _info(row: tuple[Any, ...], attempts: list[AttemptInfo]) -> TaskInfo:
    task_id, name, queue, priority, status, *times, timeout_ms, attempt, incarnation, error_code, _ = row
    enqueued_at, due_at, started_at, finished_at, good_until = times
    return TaskInfo(
        task_id=str(task_id),
        name=name,
        queue=queue,
        priority=priority,
        status=TaskStatus(status),
        enqueued_at=enqueued_at,
        due_at=due_at,
        started_at=started_at,
        finished_at=finished_at,
        good_until=good_until,
        timeout_ms=timeout_ms,
        attempt=attempt,
        worker=str(incarnation) if incarnation else None,
        error_code=error_code,
        attempts=attempts,
    )


def _attempt(row: tuple[Any, ...]) -> AttemptInfo:
    number, incarnation, *rest = row
    return AttemptInfo(number, str(incarnation) if incarnation else None, *rest)
