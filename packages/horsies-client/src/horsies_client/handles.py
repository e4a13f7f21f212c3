"""A sent task, and its result."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from attrs import evolve
from typing_extensions import Never, Self

from horsies_client.broker import Broker
from horsies_core.errors import BrokerError, HorsiesError
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult

if TYPE_CHECKING:
    from horsies_client.waiting.room import Answer, WaitingRoom
    from horsies_core.lifecycle import TaskStatus
    from horsies_core.plans import Plan
    from horsies_core.plans.describing import Description
    from horsies_core.plans.looking_up import Sighting
    from horsies_core.task_info import TaskInfo

T_co = TypeVar("T_co", covariant=True)


class TaskHandle(Generic[T_co]):
    """What `send` returns: the task's id, and the way to its result.

    The final result is kept on the handle. What may change is not: a timeout, a database out of reach, a task that is
    not there (yet).
    """

    task_id: str
    """A uuid, made by the client. `app.handle(task, task_id)` makes a handle of it again, in any process."""

    def __init__(
        self,
        task_id: UUID,
        broker: Broker,
        decode: Callable[[str], TaskResult[T_co, TaskError]],
        *,
        announced_on: str | None = None,
        suppressed: bool = False,
    ) -> None:
        self.task_id = str(task_id)
        self._id = task_id
        self._broker = broker
        self._decode = decode
        self._announced_on = announced_on
        self._result: TaskResult[T_co, TaskError] | None = TaskResult(err=_SUPPRESSED) if suppressed else None

    def get(self, timeout_ms: int | None = None) -> TaskResult[T_co, TaskError]:
        """Wait for the result, at most `timeout_ms` milliseconds (None: for ever; 0: look once).

        A timeout is the error `WAIT_TIMEOUT`; the task goes on. A database that cannot be reached until then is
        `BROKER_ERROR`; a task that is unknown, or not kept any longer, is `TASK_NOT_FOUND`.
        """
        if self._result is not None:
            return self._result
        try:
            if timeout_ms == 0:
                return self._conclude(self._broker.run(_plans().look_up([self._id])).get(self._id))
            waiting = self.begin_waiting(self._broker.waiting_room())
        except BrokerError as error:
            return _unreachable(error)
        with waiting:
            return waiting.result(timeout_ms)

    async def get_async(self, timeout_ms: int | None = None) -> TaskResult[T_co, TaskError]:
        """The same for async code."""
        if self._result is not None:
            return self._result
        try:
            if timeout_ms == 0:
                return self._conclude((await self._broker.run_async(_plans().look_up([self._id]))).get(self._id))
            waiting = self.begin_waiting(await self._broker.waiting_room_async())
        except BrokerError as error:
            return _unreachable(error)
        with waiting:
            return await waiting.result_async(timeout_ms)

    def status(self) -> TaskStatus | None:
        """Where the task stands; None if it is not known, or not kept any longer. Raises BrokerError."""
        sighting = self._broker.run(_plans().look_up([self._id])).get(self._id)
        return sighting.status if sighting else None

    async def status_async(self) -> TaskStatus | None:
        """The same for async code."""
        sighting = (await self._broker.run_async(_plans().look_up([self._id]))).get(self._id)
        return sighting.status if sighting else None

    def info(self, *, include_result: bool = False, include_failed_reason: bool = False) -> TaskInfo | None:
        """All that is known of the task; None if it is not known, or not kept any longer. Raises BrokerError."""
        description = self._broker.run(_plans().describe(self._id))
        return self._told(description, include_result=include_result, include_failed_reason=include_failed_reason)

    async def info_async(self, *, include_result: bool = False, include_failed_reason: bool = False) -> TaskInfo | None:
        """The same for async code."""
        description = await self._broker.run_async(_plans().describe(self._id))
        return self._told(description, include_result=include_result, include_failed_reason=include_failed_reason)

    def cancel(self, *, force: bool = False) -> bool:
        """Cancel the task; whether it will end, or has ended, CANCELLED. Raises BrokerError.

        One that has not begun ends at once. One that runs is asked to stop: a coroutine is cancelled, a function sees
        `current_task().cancelled`; with `force` the process of one that does not stop is killed. One that has ended is
        left alone.
        """
        return self._broker.run(self._cancelling(force=force))

    async def cancel_async(self, *, force: bool = False) -> bool:
        """The same for async code."""
        return await self._broker.run_async(self._cancelling(force=force))

    @property
    def broker(self) -> Broker:
        """The database the task is in."""
        return self._broker

    @property
    def known_result(self) -> TaskResult[T_co, TaskError] | None:
        """The final result, if this handle has it already."""
        return self._result

    def seen_in(self, sightings: Mapping[UUID, Sighting]) -> TaskResult[T_co, TaskError]:
        """The result by what the database was seen to hold; kept if it is final."""
        return self._result if self._result is not None else self._conclude(sightings.get(self._id))

    def begin_waiting(self, room: WaitingRoom) -> Waiting[T_co]:
        """Ask for the end of the task, without waiting for it yet."""
        return Waiting(self._conclude, room, self._id, announced_on=self._announced_on)

    def _cancelling(self, *, force: bool) -> Plan[bool]:
        return _plans().cancel(self._id, by_force=force, schema=self._broker.schema)

    def _conclude(self, sighting: Sighting | None) -> TaskResult[T_co, TaskError]:
        if sighting is None:
            return failure(LibraryErrorCode.TASK_NOT_FOUND, f"task {self.task_id} is not known, or not kept any longer")
        if sighting.result is None:
            return failure(LibraryErrorCode.WAIT_TIMEOUT, f"task {self.task_id} is {sighting.status.value}")
        return self._read(sighting.result)

    def _read(self, encoded: str) -> TaskResult[T_co, TaskError]:
        """The final result, kept from here on; or why it cannot be read, by this program."""
        try:
            self._result = self._decode(encoded)
        except HorsiesError as error:
            return failure(LibraryErrorCode.RESULT_NOT_AVAILABLE, error.message)
        return self._result

    def _told(
        self, description: Description | None, *, include_result: bool, include_failed_reason: bool
    ) -> TaskInfo | None:
        if description is None:
            return None
        if description.result is None or not (include_result or include_failed_reason):
            return description.info
        result = self._read(description.result)
        reason = _reason(result) if include_failed_reason else None
        return evolve(description.info, result=result if include_result else None, failed_reason=reason)

    def __repr__(self) -> str:
        return f"TaskHandle({self.task_id!r})"


class Waiting(Generic[T_co]):
    """One wait for one task, under way. Leaving it (`with`) lets the waiting room forget it."""

    def __init__(
        self,
        conclude: Callable[[Sighting | None], TaskResult[T_co, TaskError]],
        room: WaitingRoom,
        task_id: UUID,
        *,
        announced_on: str | None,
    ) -> None:
        self._conclude = conclude
        self._room = room
        self._task_id = task_id
        self.answer: Answer = room.await_end(task_id, announced_on=announced_on)

    def result(self, timeout_ms: float | None) -> TaskResult[T_co, TaskError]:
        """Wait for the end at most so long."""
        try:
            return self._conclude(self.answer.result(_seconds(timeout_ms)))
        except concurrent.futures.TimeoutError:
            return self._gave_up(timeout_ms)
        except BrokerError as error:
            return _unreachable(error)

    async def result_async(self, timeout_ms: float | None) -> TaskResult[T_co, TaskError]:
        """The same from a coroutine."""
        if self.answer.done():
            # asyncio would hear of it one round later, and with no time left that is too late.
            return self.result(0)
        try:
            return self._conclude(await asyncio.wait_for(asyncio.wrap_future(self.answer), _seconds(timeout_ms)))
        except asyncio.TimeoutError:
            return self._gave_up(timeout_ms)
        except BrokerError as error:
            return _unreachable(error)

    def _gave_up(self, timeout_ms: float | None) -> TaskResult[Never, TaskError]:
        trouble = self._room.trouble
        if trouble is None:
            return failure(LibraryErrorCode.WAIT_TIMEOUT, f"no result within {timeout_ms:g} ms; the task goes on")
        message = f"the database could not be reached for {timeout_ms:g} ms: {trouble}"
        return failure(LibraryErrorCode.BROKER_ERROR, message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._room.leave(self._task_id, self.answer)


def failure(code: LibraryErrorCode, message: str) -> TaskResult[Never, TaskError]:
    """A result that says why there is none."""
    return TaskResult(err=TaskError(error_code=code, message=message))


_SUPPRESSED = TaskError(
    error_code=LibraryErrorCode.SEND_SUPPRESSED,
    message="sent while a worker was importing this module: nothing was enqueued",
)


def _seconds(timeout_ms: float | None) -> float | None:
    return None if timeout_ms is None else max(timeout_ms, 0) / 1000


def _unreachable(error: BrokerError) -> TaskResult[Never, TaskError]:
    return TaskResult(err=TaskError(error_code=LibraryErrorCode.BROKER_ERROR, message=error.message, exception=error))


def _reason(result: TaskResult[object, TaskError]) -> str | None:
    error = result.err
    if error is None:
        return None
    code = getattr(error.error_code, "value", error.error_code)
    return f"{code}: {error.message}" if error.message else str(code)


@cache
def _plans() -> _Plans:
    return _Plans()


class _Plans:
    """Loaded with the first use, like the driver: a process that only defines and sends tasks needs none of these."""

    def __init__(self) -> None:
        from horsies_core.plans.cancelling import cancel
        from horsies_core.plans.describing import describe
        from horsies_core.plans.looking_up import look_up

        self.cancel, self.describe, self.look_up = cancel, describe, look_up
