"""What can be told of a task besides its result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from horsies_core.lifecycle import TaskStatus
from horsies_core.result import TaskError, TaskResult


@frozen
class AttemptInfo:
    """One attempt that was followed by another."""

    number: int
    """From 1."""
    worker: str | None
    """The incarnation of the worker that ran it."""
    started_at: datetime | None
    ended_at: datetime
    error_code: str
    message: str | None


@frozen
class TaskInfo:
    """A task as the database has it. Instants are the database's, timezone-aware."""

    task_id: str
    name: str
    queue: str
    priority: int
    status: TaskStatus
    enqueued_at: datetime
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    good_until: datetime | None
    timeout_ms: int | None
    attempt: int
    """Attempts begun so far."""
    worker: str | None
    """The incarnation of the worker that holds it, or held it last."""
    error_code: str | None
    attempts: Sequence[AttemptInfo] = ()
    """Those before the last one, oldest first."""
    result: TaskResult[object, TaskError] | None = None
    """If it was asked for and the task has ended."""
    failed_reason: str | None = None
    """If it was asked for and the task failed: its error in a line."""
