"""Where a child's tasks run: plain functions on the main thread one by one, coroutines on an event loop of their own.

The main thread, because user code may set signal handlers, and libraries may insist on it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING

from attrs import frozen

from horsies_client.current_task import RUNNING, CurrentTask
from horsies_worker.execution.board import Board
from horsies_worker.execution.child.outbound import Outbound
from horsies_worker.execution.child.run_task import TaskOutcome, cancelled_early, run_async_task, run_task
from horsies_worker.execution.frames import Kind

if TYPE_CHECKING:
    from horsies_client.app import Horsies


@frozen
class Job:
    """A task handed to this child. `slot` is its place on the board and its name in messages."""

    slot: int
    args: str
    task: CurrentTask
    limit_seconds: float | None

    @property
    def name(self) -> str:
        """The task's name."""
        return self.task.name

    def begin(self) -> None:
        """Its code begins: from now on it can be told about itself, and its time runs."""
        if self.limit_seconds is not None:
            self.task.deadline = time.monotonic() + self.limit_seconds
        RUNNING.set(self.task)


class MainLane:
    """Runs plain functions, one after another, on the thread that calls `run`."""

    def __init__(self, app: Horsies, board: Board, outbound: Outbound) -> None:
        self._registry = app.registry
        self._config = app.config
        self._board = board
        self._outbound = outbound
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._waiting: dict[int, Job] = {}
        self._running: Job | None = None
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
            self._running = job
            return True

    def ask_to_stop(self, slot: int) -> None:
        """Let the job that runs in this slot know that it should end."""
        # Behind the lock a job that could not be taken back any more is one that runs: no request falls between.
        with self._removing:
            job = self._running
        if job is not None and job.slot == slot:
            job.task.cancelled = True

    def _run(self, job: Job) -> None:
        self._board.mark_begun(job.slot)
        job.begin()
        started = time.perf_counter()
        outcome = run_task(self._registry.get(job.name), self._config, job.args)
        self._running = None
        RUNNING.set(None)
        _report(self._outbound, job.slot, outcome, time.perf_counter() - started)


class LoopLane:
    """Runs coroutines, many at once, on an event loop in a thread that starts with the first of them."""

    def __init__(self, app: Horsies, board: Board, outbound: Outbound) -> None:
        self._registry = app.registry
        self._config = app.config
        self._board = board
        self._outbound = outbound
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[int, RunningCoroutine] = {}

    def add(self, job: Job) -> None:
        """Begin a job as soon as the loop comes to it."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._serve, args=(self._loop,), name="horsies-loop", daemon=True).start()
        self._loop.call_soon_threadsafe(self._begin, job)

    def ask_to_stop(self, slot: int) -> None:
        """Cancel the coroutine that runs in this slot."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cancel, slot)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()

    def _begin(self, job: Job) -> None:
        self._board.mark_begun(job.slot)
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        # A context of its own: tasks that run at once each have their own current task.
        task = copy_context().run(self._create, job)
        timer = loop.call_later(job.limit_seconds, self._cancel, job.slot) if job.limit_seconds is not None else None
        self._running[job.slot] = RunningCoroutine(job, task, timer, started)
        task.add_done_callback(lambda _: self._ended(job.slot))

    def _create(self, job: Job) -> asyncio.Task[TaskOutcome]:
        job.begin()
        coroutine = run_async_task(self._registry.get(job.name), self._config, job.args)
        return asyncio.get_running_loop().create_task(coroutine)

    def _cancel(self, slot: int) -> None:
        running = self._running.get(slot)
        if running is not None:
            running.job.task.cancelled = True
            running.task.cancel()

    def _ended(self, slot: int) -> None:
        running = self._running.pop(slot)
        if running.timer is not None:
            running.timer.cancel()
        # Cancelled before its first step, it has no outcome of its own.
        outcome = cancelled_early() if running.task.cancelled() else running.task.result()
        _report(self._outbound, slot, outcome, time.perf_counter() - running.started)


@frozen
class RunningCoroutine:
    """A coroutine on the loop, and the timer of its limit."""

    job: Job
    task: asyncio.Task[TaskOutcome]
    timer: asyncio.TimerHandle | None
    started: float


def _report(outbound: Outbound, slot: int, outcome: TaskOutcome, seconds: float) -> None:
    header = (slot, outcome.error_code, outcome.message, round(seconds, 6))
    outbound.send(Kind.DONE, header, outcome.result.encode())
