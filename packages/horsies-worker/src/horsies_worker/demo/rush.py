"""Many small tasks, to see how fast they go."""

from __future__ import annotations

import asyncio
import time

from attrs import frozen

from horsies_worker.demo.tasks import no_op

TASKS = 2_000
_RESULTS_WITHIN_MS = 30_000


@frozen
class Rush:
    """How it went. `seconds` count from before the first was sent until the last result had come."""

    tasks: int
    seconds: float
    all_ok: bool

    @property
    def per_second(self) -> float:
        """Tasks sent, run, and their results received."""
        return self.tasks / self.seconds


async def rush() -> Rush:
    """Send them at once and wait for every result."""
    start = time.monotonic()
    handles = await no_op.send_many_async([()] * TASKS)
    results = await asyncio.gather(*(handle.get_async(timeout_ms=_RESULTS_WITHIN_MS) for handle in handles))
    return Rush(TASKS, time.monotonic() - start, all(result.is_ok() for result in results))
