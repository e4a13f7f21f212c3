"""Running one attempt in this process, with the functions by which a child runs it."""

from __future__ import annotations

import asyncio
import threading
import time

from horsies_client.app import Horsies
from horsies_client.current_task import RUNNING, CurrentTask
from horsies_core.verdict import Outcome
from horsies_worker.execution.attempt import Attempt, StopReason
from horsies_worker.execution.child.run_task import TaskOutcome, cancelled_early, run_async_task, run_task


class RunsHere:
    """Runs functions on the calling thread, and coroutines on an event loop that is kept, as a child keeps its own."""

    def __init__(self, app: Horsies) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, attempt: Attempt) -> Outcome:
        """The attempt's own outcome. One that ran past its limit is marked as stopped."""
        task = attempt.task
        current = CurrentTask(str(task.id), task.name, task.attempt, task.queue)
        if attempt.limit_seconds is not None:
            current.deadline = time.monotonic() + attempt.limit_seconds
        token = RUNNING.set(current)
        try:
            outcome = (
                self._run_coroutine(attempt, current) if attempt.is_async else self._run_function(attempt, current)
            )
        finally:
            RUNNING.reset(token)
        if current.deadline is not None and time.monotonic() >= current.deadline:
            attempt.stop_reason = StopReason.TIMEOUT
        return Outcome(outcome.result, outcome.error_code, outcome.message)

    def close(self) -> None:
        """Close the event loop, and what coroutines opened on it with the app."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.run_until_complete(self._app.close_async())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _run_function(self, attempt: Attempt, current: CurrentTask) -> TaskOutcome:
        timer = None
        if attempt.limit_seconds is not None:
            timer = threading.Timer(attempt.limit_seconds, _ask_to_stop, [current])
            timer.daemon = True
            timer.start()
        try:
            return run_task(self._app.registry.get(attempt.task.name), self._app.config, attempt.task.args)
        finally:
            if timer is not None:
                timer.cancel()

    def _run_coroutine(self, attempt: Attempt, current: CurrentTask) -> TaskOutcome:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        coroutine = run_async_task(self._app.registry.get(attempt.task.name), self._app.config, attempt.task.args)
        running = self._loop.create_task(coroutine)
        if attempt.limit_seconds is not None:
            timer = self._loop.call_later(attempt.limit_seconds, _cancel, running, current)
            running.add_done_callback(lambda _: timer.cancel())
        try:
            return self._loop.run_until_complete(running)
        except asyncio.CancelledError:
            return cancelled_early()


def _ask_to_stop(current: CurrentTask) -> None:
    current.cancelled = True


def _cancel(running: asyncio.Task[TaskOutcome], current: CurrentTask) -> None:
    current.cancelled = True
    running.cancel()
