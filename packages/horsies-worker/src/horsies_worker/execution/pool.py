"""The children together: who gets which task, what waits, what is taken back from behind a slow one.

A task is handed over only when it is RUNNING in the database. It then is in one of three places: waiting here, held by
a child, or in the outbox. Nothing is in two.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.plans.turning import Claimed
from horsies_core.verdict import Outcome
from horsies_worker.execution.attempt import Attempt, StopReason
from horsies_worker.execution.child_process import ChildEvents, ChildProcess
from horsies_worker.execution.death import Death
from horsies_worker.execution.given_outcomes import stopped
from horsies_worker.execution.limits import Limits
from horsies_worker.execution.run_times import LARGEST_WINDOW, WINDOW_SECONDS, RunTimes

_WATCH_SECONDS = 0.02
_PATIENCE_SECONDS = 0.1
"""A task that waits this long for a child of ours goes back to the database, where another worker may have one."""


@frozen
class Demand:
    """Room for so many tasks of these names."""

    names: Sequence[str]
    limit: int
    is_async: bool


@frozen
class PoolEvents:
    """Whom the pool tells what."""

    ended: Callable[[Attempt, Outcome], None]
    released: Callable[[Sequence[Attempt]], None]
    changed: Callable[[], None]
    """A child has room, or something ended."""
    died: Callable[[ChildProcess, Death], None]


class ChildPool:
    """Distributes attempts over the children that are ready. Starting and replacing them is the nursery's business."""

    def __init__(
        self,
        events: PoolEvents,
        tasks: Sequence[tuple[str, bool]],
        *,
        concurrency: int,
        may_begin: Callable[[], bool],
    ) -> None:
        self._events = events
        # Asked before every hand-over: a worker that slept through its lease wakes with tasks that are others' by now.
        self._may_begin = may_begin
        self._concurrency = concurrency
        self._children: list[ChildProcess] = []
        self._waiting: deque[Attempt] = deque()
        self._run_times = RunTimes()
        self._watching: asyncio.TimerHandle | None = None
        self._retiring = False
        self._limits = Limits()
        self._function_names = tuple(name for name, is_async in tasks if not is_async)
        self._coroutine_names = tuple(name for name, is_async in tasks if is_async)

    def child_events(self) -> ChildEvents:
        """What a new child of this pool reports to."""
        return ChildEvents(done=self._done, taken_back=self._taken_back, died=self._died)

    def add(self, child: ChildProcess) -> None:
        """A child is ready."""
        self._children.append(child)
        self._distribute()
        self._events.changed()

    @property
    def is_idle(self) -> bool:
        """Whether no task is here or in a child."""
        return not self._waiting and not any(child.held for child in self._children)

    def demands(self) -> list[Demand]:
        """What there is room for now, for functions and coroutines apart: room for one is none for the other."""
        if self._retiring or not self._may_begin():
            return []
        demands = [
            Demand(self._function_names, self._function_room(), is_async=False),
            Demand(self._coroutine_names, self._coroutine_room(), is_async=True),
        ]
        return [demand for demand in demands if demand.names and demand.limit > 0]

    def accept(self, tasks: Sequence[Claimed], token: UUID, *, is_async: bool) -> None:
        """Take in what was claimed for a demand, in the order in which it is to be run."""
        now = time.monotonic()
        attempts = [Attempt(task, token, is_async, now) for task in tasks]
        # A claim that was under way when the pool retired is given back, like what had not begun by then.
        if self._retiring or not self._may_begin():
            self._events.released(attempts)
        elif is_async:
            self._distribute_coroutines(attempts)
        else:
            self._waiting.extend(attempts)
            self._distribute()

    def tokens(self) -> dict[UUID, UUID]:
        """The claim token of every task that is here or in a child."""
        held = (attempt for child in self._children for attempt in child.held.values())
        return {attempt.task.id: attempt.token for attempt in (*self._waiting, *held)}

    def cancel(self, task_id: UUID, *, by_force: bool) -> None:
        """End a task that is not to go on: at once if it has not begun, else by telling it."""
        for attempt in self._waiting:
            if attempt.task.id == task_id:
                self._waiting.remove(attempt)
                self._events.ended(attempt, stopped(attempt, StopReason.CANCEL))
                self._events.changed()
                return
        for child in self._children:
            for attempt in child.held.values():
                if attempt.task.id == task_id:
                    self._limits.cancel(child, attempt, by_force=by_force)
                    return

    def give_back_waiting(self) -> None:
        """Release what no child has yet."""
        self._release_waiting(older_than=0.0)

    def retire(self) -> None:
        """Take no more, and give back what has not begun; what has goes on."""
        self._retiring = True
        self.give_back_waiting()
        for child in self._children:
            child.take_back(child.unbegun())

    def _function_room(self) -> int:
        if self._waiting:
            return 0
        window = self._run_times.window()
        return sum(max(0, window - child.load.functions) for child in self._children if not _is_stalled(child))

    def _coroutine_room(self) -> int:
        return sum(max(0, self._concurrency - child.load.coroutines) for child in self._children)

    def _distribute(self) -> None:
        """Hand what waits to the least busy children, as far as their windows reach."""
        if not self._may_begin():
            self.give_back_waiting()
        handed: dict[ChildProcess, list[Attempt]] = {}
        while self._waiting and self._children:
            attempt = self._waiting[0]
            attempt.expected_seconds = self._run_times.expected(attempt.task.name)
            child = min(self._children, key=_busyness)
            if not _has_room(child, attempt):
                break
            self._waiting.popleft()
            child.load.add(attempt)
            handed.setdefault(child, []).append(attempt)
        for child, attempts in handed.items():
            self._hand(child, attempts)
        self._watch()

    def _distribute_coroutines(self, attempts: Sequence[Attempt]) -> None:
        handed: dict[ChildProcess, list[Attempt]] = {}
        for attempt in attempts:
            if not self._children:
                self._events.released([attempt])
                continue
            child = min(self._children, key=lambda child: child.load.coroutines)
            child.load.add(attempt)
            handed.setdefault(child, []).append(attempt)
        for child, group in handed.items():
            self._hand(child, group)

    def _hand(self, child: ChildProcess, attempts: Sequence[Attempt]) -> None:
        child.hand(attempts)
        for attempt in attempts:
            if attempt.task.timeout_ms is not None:
                self._limits.watch(child, attempt)

    def _done(self, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        if not attempt.is_async:
            self._run_times.learn(attempt.task.name, seconds)
        limit = attempt.limit_seconds
        if attempt.stop_reason is None and limit is not None and seconds >= limit:
            # Its own loop has cancelled it, or it ended by itself, before our timer came round.
            attempt.stop_reason = StopReason.TIMEOUT
        self._events.ended(attempt, _final(attempt, outcome))
        if self._waiting:
            self._distribute()
        self._events.changed()

    def _taken_back(self, attempts: Sequence[Attempt]) -> None:
        now = time.monotonic()
        for attempt in reversed(attempts):
            if attempt.stop_reason is not None:
                self._events.ended(attempt, stopped(attempt, attempt.stop_reason))
                continue
            attempt.waiting_since = now
            self._waiting.appendleft(attempt)
        if self._retiring:
            self.give_back_waiting()
        else:
            self._distribute()
        self._events.changed()

    def _died(self, child: ChildProcess, death: Death) -> None:
        if child in self._children:
            self._children.remove(child)
        for attempt in child.begun():
            self._events.ended(attempt, _final(attempt, death.outcome()))
        self._events.released(child.unbegun())
        child.held.clear()
        self._events.died(child, death)
        self._events.changed()

    def _watch(self) -> None:
        """Look again soon, as long as a task is behind another or waits here."""
        crowded = self._waiting or any(child.load.functions > 1 for child in self._children)
        if crowded and self._watching is None:
            self._watching = asyncio.get_running_loop().call_later(_WATCH_SECONDS, self._look_after)

    def _look_after(self) -> None:
        self._watching = None
        for child in self._children:
            if child.load.functions > 1 and _is_stalled(child):
                child.take_back(child.unbegun())
        self._release_waiting(older_than=_PATIENCE_SECONDS)
        self._watch()

    def _release_waiting(self, *, older_than: float) -> None:
        limit = time.monotonic() - older_than
        released = [attempt for attempt in self._waiting if attempt.waiting_since <= limit]
        if released:
            self._waiting = deque(attempt for attempt in self._waiting if attempt.waiting_since > limit)
            self._events.released(released)
            self._events.changed()


def _final(attempt: Attempt, outcome: Outcome) -> Outcome:
    """What it was told decides, not what it made of it."""
    return outcome if attempt.stop_reason is None else stopped(attempt, attempt.stop_reason)


def _busyness(child: ChildProcess) -> tuple[float, int]:
    return (child.load.seconds, child.load.functions)


def _has_room(child: ChildProcess, attempt: Attempt) -> bool:
    """An idle child has room for anything; a busy one for what still fits into its window."""
    load = child.load
    if load.functions == 0:
        return True
    fits = load.seconds + attempt.expected_seconds <= WINDOW_SECONDS and load.functions < LARGEST_WINDOW
    return fits and not _is_stalled(child)


def _is_stalled(child: ChildProcess) -> bool:
    """Whether it is in a function that takes longer than a whole window was expected to."""
    return child.load.stalled_seconds() > 2 * WINDOW_SECONDS
