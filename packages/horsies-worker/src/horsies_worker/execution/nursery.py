"""Starting children, and replacing those that die."""

from __future__ import annotations

import asyncio
import logging

from horsies_client.backoff import Backoff
from horsies_worker.execution.child_process import ChildFailedToStart, ChildProcess
from horsies_worker.execution.death import Death
from horsies_worker.execution.pool import ChildPool
from horsies_worker.options import WorkerOptions

log = logging.getLogger("horsies.worker")

_LONGEST_PAUSE_SECONDS = 30.0


class Nursery:
    """Keeps as many children as were asked for. One that fails to start is tried again after longer and longer."""

    def __init__(self, pool: ChildPool, options: WorkerOptions) -> None:
        self._pool = pool
        self._options = options
        self._all: set[ChildProcess] = set()
        self._raising: set[asyncio.Task[None]] = set()
        self._backoff = Backoff(0.25, _LONGEST_PAUSE_SECONDS)
        self._closing = False

    def adopt(self, child: ChildProcess) -> None:
        """Take over a child that is ready: the one that said what the app is."""
        self._all.add(child)
        child.report_to(self._pool.child_events())

    def start_others(self) -> None:
        """Start the other children; each joins the pool when it is ready."""
        for _ in range(self._options.processes - 1):
            self._raise_one()

    def bury(self, child: ChildProcess, death: Death) -> None:
        """A child died: log it, and start another unless all of them are to end."""
        self._all.discard(child)
        if self._closing or not child.is_ready:
            return
        log.warning("child %d %s; starting another", child.pid, death.cause)
        self._raise_one()

    async def close(self, *, grace_seconds: float) -> None:
        """End all children: idle ones by themselves, the others by force after the grace."""
        self._closing = True
        for task in self._raising:
            task.cancel()
        for child in self._all:
            child.stop()
        await self._wait_gone(grace_seconds)
        self.kill_all()
        await self._wait_gone(None)

    def kill_all(self) -> None:
        """Kill every child now."""
        for child in self._all:
            child.kill()

    async def _wait_gone(self, seconds: float | None) -> None:
        waits = [asyncio.ensure_future(child.wait_gone()) for child in self._all]
        if waits:
            await asyncio.wait(waits, timeout=seconds)

    def _raise_one(self) -> None:
        task = asyncio.get_running_loop().create_task(self._raise_until_ready())
        self._raising.add(task)
        task.add_done_callback(self._raising.discard)

    async def _raise_until_ready(self) -> None:
        while not self._closing:
            try:
                child = await self._start_child()
            except ChildFailedToStart as failure:
                pause = self._backoff.next_seconds()
                # The report is the traceback that matters, the user's.
                log.error("a child failed to start; trying again in %.1f s\n%s", pause, failure.report)  # noqa: TRY400
                await asyncio.sleep(pause)
            else:
                self._backoff.reset()
                self._pool.add(child)
                return

    async def _start_child(self) -> ChildProcess:
        child = ChildProcess()
        self.adopt(child)
        try:
            await child.start(self._options.locator, self._options.directory)
        except BaseException:
            child.kill()
            raise
        return child
