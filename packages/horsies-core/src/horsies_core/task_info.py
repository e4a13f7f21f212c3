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
    """What it failed with."""
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
    """From when it may start; of a retried task, the next attempt."""
    started_at: datetime | None
    """When the last attempt was claimed."""
    finished_at: datetime | None
    good_until: datetime | None
    """Not started by then, it expires."""
    timeout_ms: int | None
    """How long an attempt may run."""
    attempt: int
    """Attempts begun so far."""
    worker: str | None
    """The incarnation of the worker that holds it, or held it last."""
    error_code: str | None
    """Of its result, if it ended with an error."""
    attempts: Sequence[AttemptInfo] = ()
    """Those before the last one, oldest first."""
    result: TaskResult[object, TaskError] | None = None
    """If it was asked for and the task has ended."""
    failed_reason: str | None = None
    """If it was asked for and the task failed: its error in a line."""
