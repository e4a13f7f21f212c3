"""Outcomes that the worker gives a task, instead of its own."""

from __future__ import annotations

from horsies_core.codec import encode_error
from horsies_core.plans.turning import CANCELLED
from horsies_core.result import LibraryErrorCode, TaskError
from horsies_core.verdict import Outcome
from horsies_worker.execution.attempt import Attempt, StopReason


def crashed(message: str, data: dict[str, object]) -> Outcome:
    """A `WORKER_CRASHED` outcome."""
    return _failed(LibraryErrorCode.WORKER_CRASHED, message, data)


def stopped(attempt: Attempt, reason: StopReason) -> Outcome:
    """The outcome of an attempt that was told to stop, however it took that."""
    if reason is StopReason.CANCEL:
        return Outcome(CANCELLED, LibraryErrorCode.TASK_CANCELLED.value, "the task was cancelled")
    limit = attempt.task.timeout_ms
    return _failed(LibraryErrorCode.TASK_TIMEOUT, f"ran longer than its limit of {limit} ms", {"timeout_ms": limit})


def _failed(code: LibraryErrorCode, message: str, data: dict[str, object]) -> Outcome:
    return Outcome(encode_error(TaskError(error_code=code, message=message, data=data)), code.value, message)
