"""A worker without processes: it runs what is pending here and now, in the test's own thread."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from attrs import frozen
from typing_extensions import Self

from horsies_client.app import Horsies
from horsies_client.handles import failure
from horsies_client.sending import suppressing_sends
from horsies_core.codec import ResultDecodeError
from horsies_core.config.queues import DEFAULT_QUEUE
from horsies_core.identifiers import new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.expiring import expire
from horsies_core.plans.hurrying import hurry
from horsies_core.plans.leasing import WorkerIdentity, leave, register
from horsies_core.plans.looking_up import look_up
from horsies_core.plans.turning import CANCELLED, Claim, turn
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult
from horsies_worker.execution.attempt import Attempt, StopReason
from horsies_worker.execution.given_outcomes import stopped
from horsies_worker.locator import import_task_modules
from horsies_worker.settling.outbox import Outbox
from horsies_worker.testing.run_here import RunsHere

_LEASE_SECONDS = 24 * 3600.0
"""Nobody renews it: a test may stand in a debugger."""


@frozen
class Ran:
    """One attempt that `drain` ran."""

    task_id: str
    name: str
    attempt: int
    """From 1; a retried task is run by a later `drain`, or by `drain(include_delayed=True)`."""
    status: TaskStatus
    """Where the task stood afterwards: PENDING, if it is to be retried."""
    result: TaskResult[Any, TaskError]
    """What `handle.get()` returns; of an attempt that is followed by another, what it would have been."""


class InlineWorker:
    """Claims, runs and settles an app's tasks as a worker does, by the same rules and statements, when told to.

    What it cannot do in one process: a task that crashes takes the test with it, and a function past its `timeout_ms`
    is not killed; it ends as TASK_TIMEOUT when it returns.
    """

    def __init__(self, app: Horsies) -> None:
        with suppressing_sends():
            import_task_modules(app)
        self._app = app
        self._incarnation = new_token()
        self._is_registered = False
        self._outbox = Outbox()
        self._runs = RunsHere(app)
        self._draining = threading.Lock()

    def drain(self, *, include_delayed: bool = False, at_most: int = 1_000) -> list[Ran]:
        """Run every task that is due, those sent by tasks included, until none is left; each attempt, in order.

        `include_delayed`: also what is due later (delays, schedules, retries), in the order of their times, without
        waiting for them. Raises RuntimeError after `at_most` attempts: tasks that send themselves would never end.
        """
        ran: list[Ran] = []
        with self._alone():
            while (attempt := self._next(include_delayed=include_delayed)) is not None:
                if len(ran) >= at_most:
                    self._outbox.released([attempt])
                    self._settle()
                    raise RuntimeError(
                        f"not idle after {at_most} attempts: does a task send itself? (at_most={at_most})"
                    )
                ran.append(self._run(attempt))
        return ran

    async def drain_async(self, *, include_delayed: bool = False, at_most: int = 1_000) -> list[Ran]:
        """The same for async tests. Tasks run in another thread; coroutines on an event loop of their own, as in a
        worker.
        """
        return await asyncio.to_thread(self.drain, include_delayed=include_delayed, at_most=at_most)

    def close(self) -> None:
        """Say goodbye, as a worker that stops, and close the event loop of the coroutines."""
        if self._is_registered:
            self._app.broker.run(leave(self._incarnation))
            self._is_registered = False
        self._runs.close()

    @contextmanager
    def _alone(self) -> Generator[None]:
        if _is_in_event_loop():
            raise RuntimeError(
                "drain() was called in a coroutine, whose event loop it would block: await drain_async()"
            )
        if not self._draining.acquire(blocking=False):
            raise RuntimeError("drain() is running already: a task, or another thread, called it again")
        try:
            yield
        finally:
            self._draining.release()

    def _next(self, *, include_delayed: bool) -> Attempt | None:
        """Claim one task; None if there is nothing to run."""
        names = self._app.registry.names()
        while names:
            attempt = self._claim(names)
            if attempt is not None:
                return attempt
            self._app.broker.run(expire(schema=self._app.broker.schema))
            if not (include_delayed and self._app.broker.run(hurry(names))):
                break
        return None

    def _claim(self, names: Sequence[str]) -> Attempt | None:
        self._register()
        claim = Claim(new_token(), self._incarnation, _queues(self._app), names, limit=1)
        (reply,) = self._app.broker.run(turn(self._outbox.take(), [claim], schema=self._app.broker.schema)).claimed
        if not reply.tasks:
            return None
        (task,) = reply.tasks
        return Attempt(task, claim.token, self._app.registry.get(task.name).is_async, time.monotonic())

    def _register(self) -> None:
        """A worker that is not known claims nothing."""
        if not self._is_registered:
            identity = WorkerIdentity(self._incarnation, socket.gethostname(), os.getpid(), processes=1)
            self._app.broker.run(register(identity, lease_seconds=_LEASE_SECONDS))
            self._is_registered = True

    def _run(self, attempt: Attempt) -> Ran:
        outcome = self._runs.run(attempt)
        if attempt.stop_reason is not None:
            outcome = stopped(attempt, StopReason.TIMEOUT)
        self._outbox.ended(attempt, outcome)
        self._settle()
        task = attempt.task
        sighting = self._app.broker.run(look_up([task.id])).get(task.id)
        status = sighting.status if sighting else TaskStatus.PENDING
        text = sighting.result if sighting and sighting.result is not None else outcome.result
        return Ran(str(task.id), task.name, task.attempt, status, self._decoded(task.name, text))

    def _settle(self) -> None:
        endings, schema = self._outbox.take(), self._app.broker.schema
        ended = self._app.broker.run(turn(endings, [], schema=schema)).ended
        refused = endings.tokens().keys() - ended
        if refused:
            # Cancelled while it ran: no retry, no release.
            self._app.broker.run(turn(endings.only(refused).cancelled(CANCELLED), [], schema=schema))

    def _decoded(self, name: str, text: str) -> TaskResult[Any, TaskError]:
        try:
            return self._app.registry.get(name).results.decode(text)
        except ResultDecodeError as error:
            return failure(LibraryErrorCode.RESULT_NOT_AVAILABLE, error.message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _queues(app: Horsies) -> Sequence[str]:
    """The first queue first."""
    custom = app.config.custom_queues
    if not custom:
        return [DEFAULT_QUEUE]
    return [queue.name for queue in sorted(custom, key=lambda queue: queue.priority)]


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
