"""Waiting for many tasks at once: all are asked for together, so that a thousand cost no more round trips than one."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from horsies_client.handles import TaskHandle, Waiting
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult

if TYPE_CHECKING:
    from horsies_client.broker import Broker
    from horsies_client.waiting.room import WaitingRoom
    from horsies_core.plans import Plan
    from horsies_core.plans.looking_up import Sighting

T = TypeVar("T")


def wait_all(handles: Iterable[TaskHandle[T]], timeout_ms: int | None = None) -> list[TaskResult[T, TaskError]]:
    """The results of all these tasks, in the order of the handles.

    At most `timeout_ms` milliseconds are waited in all (None: for ever; 0: look once); what has not ended by then is
    the error `WAIT_TIMEOUT`. Raises BrokerError if there is no database to wait on.
    """
    listed, left = list(handles), _TimeLeft(timeout_ms)
    if timeout_ms == 0:
        return _look_once(listed)
    with _begun(listed, _rooms(listed)) as waitings:
        return [
            _known(handle) if wait is None else wait.result(left.ms())
            for handle, wait in zip(listed, waitings, strict=True)
        ]


async def wait_all_async(
    handles: Iterable[TaskHandle[T]], timeout_ms: int | None = None
) -> list[TaskResult[T, TaskError]]:
    """The same for async code."""
    listed, left = list(handles), _TimeLeft(timeout_ms)
    if timeout_ms == 0:
        return await _look_once_async(listed)
    with _begun(listed, await _rooms_async(listed)) as waitings:
        return [
            _known(handle) if wait is None else await wait.result_async(left.ms())
            for handle, wait in zip(listed, waitings, strict=True)
        ]


def as_completed(
    handles: Iterable[TaskHandle[T]], timeout_ms: int | None = None
) -> Iterator[tuple[TaskHandle[T], TaskResult[T, TaskError]]]:
    """Each task with its result as it ends, the first to end first.

    At most `timeout_ms` milliseconds are waited in all (None: for ever; 0: look once); what has not ended by then comes
    last, with `WAIT_TIMEOUT`.
    """
    listed, left = list(handles), _TimeLeft(timeout_ms)
    if timeout_ms == 0:
        yield from _late_ones_last(listed, _look_once(listed))
        return
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    with _begun(listed, _rooms(listed)) as waitings:
        _tell_when_done(waitings, ended.put)
        remaining = dict(enumerate(zip(listed, waitings, strict=True)))
        while remaining:
            try:
                index = ended.get(timeout=left.seconds())
            except queue.Empty:
                break
            handle, wait = remaining.pop(index)
            yield handle, _known(handle) if wait is None else wait.result(None)
        for handle, wait in remaining.values():
            yield handle, _known(handle) if wait is None else wait.result(0)


async def as_completed_async(
    handles: Iterable[TaskHandle[T]], timeout_ms: int | None = None
) -> AsyncIterator[tuple[TaskHandle[T], TaskResult[T, TaskError]]]:
    """The same for async code, in an `async for`."""
    listed, left = list(handles), _TimeLeft(timeout_ms)
    if timeout_ms == 0:
        for pair in _late_ones_last(listed, await _look_once_async(listed)):
            yield pair
        return
    ended: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    with _begun(listed, await _rooms_async(listed)) as waitings:
        _tell_when_done(waitings, partial(loop.call_soon_threadsafe, ended.put_nowait))
        remaining = dict(enumerate(zip(listed, waitings, strict=True)))
        while remaining:
            try:
                index = await asyncio.wait_for(ended.get(), left.seconds())
            except asyncio.TimeoutError:
                break
            handle, wait = remaining.pop(index)
            yield handle, _known(handle) if wait is None else await wait.result_async(None)
        for handle, wait in remaining.values():
            yield handle, _known(handle) if wait is None else await wait.result_async(0)


class _TimeLeft:
    """Of a limit that several waits share."""

    def __init__(self, timeout_ms: int | None) -> None:
        self._ends_at = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000

    def seconds(self) -> float | None:
        return None if self._ends_at is None else max(0.0, self._ends_at - time.monotonic())

    def ms(self) -> float | None:
        seconds = self.seconds()
        return None if seconds is None else seconds * 1000


@contextmanager
def _begun(
    handles: Sequence[TaskHandle[T]], rooms: dict[Broker, WaitingRoom]
) -> Generator[Sequence[Waiting[T] | None]]:
    """A wait for each handle that has no result yet, all begun before the first is waited for."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(handle.begin_waiting(rooms[handle.broker])) if handle.known_result is None else None
            for handle in handles
        ]


def _rooms(handles: Sequence[TaskHandle[T]]) -> dict[Broker, WaitingRoom]:
    return {broker: broker.waiting_room() for broker in {handle.broker for handle in handles}}


async def _rooms_async(handles: Sequence[TaskHandle[T]]) -> dict[Broker, WaitingRoom]:
    return {broker: await broker.waiting_room_async() for broker in {handle.broker for handle in handles}}


def _look_once(handles: Sequence[TaskHandle[T]]) -> list[TaskResult[T, TaskError]]:
    """What has ended by now, without waiting for anything."""
    seen: dict[UUID, Sighting] = {}
    for broker, look in _looks(handles):
        seen |= broker.run(look)
    return [handle.seen_in(seen) for handle in handles]


async def _look_once_async(handles: Sequence[TaskHandle[T]]) -> list[TaskResult[T, TaskError]]:
    seen: dict[UUID, Sighting] = {}
    for broker, look in _looks(handles):
        seen |= await broker.run_async(look)
    return [handle.seen_in(seen) for handle in handles]


def _looks(handles: Sequence[TaskHandle[T]]) -> list[tuple[Broker, Plan[dict[UUID, Sighting]]]]:
    """One look at each database, for all that is not known of it yet."""
    # Loaded with the first use, like the driver.
    from horsies_core.plans.looking_up import look_up

    unknown: dict[Broker, list[UUID]] = {}
    for handle in handles:
        if handle.known_result is None:
            unknown.setdefault(handle.broker, []).append(UUID(handle.task_id))
    return [(broker, look_up(ids)) for broker, ids in unknown.items()]


def _late_ones_last(
    handles: Sequence[TaskHandle[T]], results: Sequence[TaskResult[T, TaskError]]
) -> list[tuple[TaskHandle[T], TaskResult[T, TaskError]]]:
    return sorted(zip(handles, results, strict=True), key=lambda pair: _is_late(pair[1]))


def _is_late(result: TaskResult[T, TaskError]) -> bool:
    return result.err is not None and result.err.error_code is LibraryErrorCode.WAIT_TIMEOUT


def _tell_when_done(waitings: Sequence[Waiting[T] | None], tell: Callable[[int], object]) -> None:
    for index, wait in enumerate(waitings):
        if wait is None:
            tell(index)
        else:
            wait.answer.add_done_callback(lambda _, index=index: tell(index))


def _known(handle: TaskHandle[T]) -> TaskResult[T, TaskError]:
    result = handle.known_result
    if result is None:
        raise RuntimeError("a handle lost its result")
    return result
