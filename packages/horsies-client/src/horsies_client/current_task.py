"""Inside a task: which one, which attempt, until when, and whether it is asked to stop."""

from __future__ import annotations

import time
from contextvars import ContextVar

from attrs import define, field


@define
class CurrentTask:
    """The task that runs here. `cancelled` changes while it runs: look at it in long loops, and return."""

    id: str
    """As in `TaskHandle.task_id`."""
    name: str
    attempt: int
    """From 1; every retry is another attempt."""
    queue: str
    deadline: float | None = None
    """Monotonic time (`time.monotonic()`) at which its `timeout_ms` is over; None without a limit."""
    cancelled: bool = field(default=False, init=False)
    """Whether it is asked to stop: by `cancel()`, or because its time is over."""

    def seconds_left(self) -> float | None:
        """Until the deadline, at least 0; None without a limit."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


RUNNING: ContextVar[CurrentTask | None] = ContextVar("horsies_current_task", default=None)
"""Set by the child process around the user's function."""


def current_task() -> CurrentTask:
    """The task this code runs in. Raises RuntimeError outside of a task."""
    task = RUNNING.get()
    if task is None:
        raise RuntimeError("current_task() was called outside of a task; inside one it tells id, attempt and deadline")
    return task
