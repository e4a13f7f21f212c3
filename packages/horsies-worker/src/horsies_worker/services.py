"""Services that run side by side: the first one to fail ends them all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Services:
    """Runs services until `stop` is set or one of them fails; then cancels them, the last started first."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, service: Coroutine[Any, Any, None]) -> None:
        """Start one more."""
        self._tasks.append(asyncio.get_running_loop().create_task(service, name=name))

    async def run_until(self, stop: asyncio.Event) -> None:
        """Wait. Raises what a service raised: none of them ends by itself."""
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({stopped, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task in done - {stopped}:
            task.result()

    async def join(self, name: str, *, seconds: float) -> bool:
        """Wait for a service that was told to end; False if it has not by then."""
        tasks = [task for task in self._tasks if task.get_name() == name]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        return all(task.done() for task in tasks)

    async def close(self) -> None:
        """Cancel what is left, in reverse order."""
        for task in reversed(self._tasks[:]):
            await self._end(task)

    async def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
