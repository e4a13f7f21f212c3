"""Time limits and forced ends: what is not left to the child, because its interpreter may be busy.

A coroutine is cancelled at its limit by its own event loop. A function is asked, through `current_task().cancelled`.
Whatever still runs after the grace loses its process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from horsies_worker.execution.attempt import Attempt, StopReason
from horsies_worker.execution.child_process import ChildProcess

GRACE_SECONDS = 1.0
"""Between being told to stop and being killed."""

_UNBEGUN_CHECK_SECONDS = 0.05


class Limits:
    """Watches attempts that were handed to a child. Timers look at the board: time in a queue does not count."""

    def watch(self, child: ChildProcess, attempt: Attempt) -> None:
        """Hold an attempt to its time limit, if it has one."""
        if attempt.limit_seconds is not None:
            _later(attempt.limit_seconds, self._check, child, attempt)

    def cancel(self, child: ChildProcess, attempt: Attempt, *, by_force: bool) -> None:
        """Tell an attempt to stop; by force: end its process if it does not."""
        if attempt.stop_reason is None:
            attempt.stop_reason = StopReason.CANCEL
        # If it has not begun it comes back; if it begins at this very moment it is told.
        child.take_back([attempt])
        child.ask_to_stop(attempt)
        if by_force:
            self._force(child, attempt)

    def _check(self, child: ChildProcess, attempt: Attempt) -> None:
        limit = attempt.limit_seconds
        if limit is None or not child.holds(attempt):
            return
        begun_at = child.begun_at(attempt)
        if begun_at is None:
            _later(min(limit, _UNBEGUN_CHECK_SECONDS), self._check, child, attempt)
            return
        left = begun_at + limit - time.monotonic()
        if left > 0:
            _later(left, self._check, child, attempt)
            return
        if attempt.stop_reason is None:
            attempt.stop_reason = StopReason.TIMEOUT
        if not attempt.is_async:
            child.ask_to_stop(attempt)
        _later(GRACE_SECONDS, self._kill, child, attempt)

    def _force(self, child: ChildProcess, attempt: Attempt) -> None:
        if not child.holds(attempt):
            return
        if child.begun_at(attempt) is None:
            _later(_UNBEGUN_CHECK_SECONDS, self._force, child, attempt)
        elif attempt.is_async:
            _later(GRACE_SECONDS, self._kill, child, attempt)
        else:
            self._kill(child, attempt)

    def _kill(self, child: ChildProcess, attempt: Attempt) -> None:
        if child.holds(attempt):
            child.kill()


def _later(
    seconds: float, action: Callable[[ChildProcess, Attempt], None], child: ChildProcess, attempt: Attempt
) -> None:
    asyncio.get_running_loop().call_later(seconds, action, child, attempt)
