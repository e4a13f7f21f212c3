"""Where a child's tasks run: plain functions on the main thread one by one, coroutines on an event loop of their own.

The main thread, because user code may set signal handlers, and libraries may insist on it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from attrs import frozen

from horsies_worker.execution.board import Board
from horsies_worker.execution.child.outbound import Outbound
from horsies_worker.execution.child.run_task import TaskOutcome, run_async_task, run_task
from horsies_worker.execution.frames import Kind

if TYPE_CHECKING:
    from horsies_client.app import Horsies


@frozen
class Job:
    """A task handed to this child. `slot` is its place on the board and its name in messages."""

    slot: int
    name: str
    args: str


class MainLane:
    """Runs plain functions, one after another, on the thread that calls `run`."""

    def __init__(self, app: Horsies, board: Board, outbound: Outbound) -> None:
        self._registry = app.registry
        self._config = app.config
        self._board = board
        self._outbound = outbound
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._waiting: dict[int, Job] = {}
        # A job is begun or taken back, never both: whoever removes it from `_waiting` has it.
        self._removing = threading.Lock()

    def add(self, job: Job) -> None:
        """Queue a job behind the others."""
        self._waiting[job.slot] = job
        self._queue.put(job)

    def take_back(self, slot: int) -> bool:
        """Take a job out of the queue again; False if it has begun."""
        with self._removing:
            return self._waiting.pop(slot, None) is not None

    def stop(self) -> None:
        """Let `run` return after what is queued now."""
        self._queue.put(None)

    def run(self) -> None:
        """Run jobs until told to stop."""
        while True:
            job = self._queue.get()
            if job is None:
                return
            if self._remove(job):
                self._run(job)

    def _remove(self, job: Job) -> bool:
        with self._removing:
            # A slot that was taken back may belong to another job by now, one further down the queue.
            if self._waiting.get(job.slot) is not job:
                return False
            del self._waiting[job.slot]
            return True

    def _run(self, job: Job) -> None:
        self._board.mark_begun(job.slot)
        started = time.perf_counter()
        outcome = run_task(self._registry.get(job.name), self._config, job.args)
        _report(self._outbound, job.slot, outcome, time.perf_counter() - started)


class LoopLane:
    """Runs coroutines, many at once, on an event loop in a thread that starts with the first of them."""

    def __init__(self, app: Horsies, board: Board, outbound: Outbound) -> None:
        self._registry = app.registry
        self._config = app.config
        self._board = board
        self._outbound = outbound
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[asyncio.Task[None]] = set()

    def add(self, job: Job) -> None:
        """Begin a job as soon as the loop comes to it."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._serve, args=(self._loop,), name="horsies-loop", daemon=True).start()
        self._loop.call_soon_threadsafe(self._begin, job)

    def stop(self) -> None:
        """The supervisor waits for what runs before it says stop; what is left by now is left."""

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()

    def _begin(self, job: Job) -> None:
        self._board.mark_begun(job.slot)
        task = asyncio.get_running_loop().create_task(self._run(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, job: Job) -> None:
        started = time.perf_counter()
        outcome = await run_async_task(self._registry.get(job.name), self._config, job.args)
        _report(self._outbound, job.slot, outcome, time.perf_counter() - started)


def _report(outbound: Outbound, slot: int, outcome: TaskOutcome, seconds: float) -> None:
    header = (slot, outcome.error_code, outcome.message, round(seconds, 6))
    outbound.send(Kind.DONE, header, outcome.result.encode())
