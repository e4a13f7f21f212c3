"""Following the calls from the outside, as any client could: where they stand, and when their results come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from attrs import define

from horsies import Horsies, TaskError, TaskHandle, TaskResult
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.looking_up import look_up
from horsies_worker.demo.calls import Call, outcome_of

_LOOK_SECONDS = 0.05
_RESULT_WITHIN_MS = 30_000


@define(eq=False)
class Progress:
    """One call, and what has been seen of it."""

    call: Call
    handle: TaskHandle[Any]
    sent_at: float
    """Monotonic time, as `ended_at`."""
    status: TaskStatus = TaskStatus.PENDING
    ended_at: float | None = None
    result: TaskResult[Any, TaskError] | None = None

    @property
    def seconds(self) -> float:
        """From sending to the result, or to now."""
        return (time.monotonic() if self.ended_at is None else self.ended_at) - self.sent_at

    @property
    def outcome(self) -> str:
        """The result in words; empty as long as there is none."""
        return "" if self.result is None else outcome_of(self.result)

    @property
    def is_as_expected(self) -> bool:
        """Whether it ended as the call has to end."""
        return self.outcome == self.call.ends

    def see(self, status: TaskStatus) -> bool:
        """Note where it stands; True if that is news."""
        if self.result is not None or status is self.status:
            return False
        self.status = status
        return True

    def end(self, result: TaskResult[Any, TaskError]) -> None:
        """Note its result."""
        self.ended_at = time.monotonic()
        self.status = TaskStatus.COMPLETED if result.is_ok() else TaskStatus.FAILED
        self.result = result


async def send(calls: Sequence[Call]) -> list[Progress]:
    """Send them all."""
    return [Progress(call, await call.send(), time.monotonic()) for call in calls]


async def follow(app: Horsies, followed: Sequence[Progress], on_change: Callable[[Progress], None]) -> None:
    """Until all have ended, or half a minute has passed."""
    looking = asyncio.create_task(_look(app, followed, on_change))
    try:
        await asyncio.gather(*(_await_result(progress, on_change) for progress in followed))
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _await_result(progress: Progress, on_change: Callable[[Progress], None]) -> None:
    progress.end(await progress.handle.get_async(timeout_ms=_RESULT_WITHIN_MS))
    on_change(progress)


async def _look(app: Horsies, followed: Sequence[Progress], on_change: Callable[[Progress], None]) -> None:
    while True:
        live = {UUID(progress.handle.task_id): progress for progress in followed if progress.result is None}
        for task_id, sighting in (await app.broker.run_async(look_up(list(live)))).items():
            if sighting.result is None and live[task_id].see(sighting.status):
                on_change(live[task_id])
        await asyncio.sleep(_LOOK_SECONDS)
