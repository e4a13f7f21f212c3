"""A sent task, and its result."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from typing_extensions import Never

from horsies_client.broker import Broker
from horsies_core.errors import BrokerError, HorsiesError
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult

if TYPE_CHECKING:
    from horsies_core.plans import Plan
    from horsies_core.plans.looking_up import Sighting

T = TypeVar("T")


class TaskHandle(Generic[T]):
    """What `send` returns: the task's id, and the way to its result.

    The final result is kept on the handle. What may change is not: a timeout, a database out of reach, a task that is
    not there (yet).
    """

    def __init__(
        self,
        task_id: UUID,
        broker: Broker,
        decode: Callable[[str], TaskResult[T, TaskError]],
        *,
        announced_on: str | None = None,
        suppressed: bool = False,
    ) -> None:
        self.task_id = str(task_id)
        self._id = task_id
        self._broker = broker
        self._decode = decode
        self._announced_on = announced_on
        self._result: TaskResult[T, TaskError] | None = None
        if suppressed:
            self._result = TaskResult(err=_SUPPRESSED)

    def get(self, timeout_ms: int | None = None) -> TaskResult[T, TaskError]:
        """Wait for the result, at most `timeout_ms` milliseconds (None: for ever; 0: look once).

        A timeout is the error `WAIT_TIMEOUT`; the task goes on. A database that cannot be reached until then is
        `BROKER_ERROR`; a task that is unknown, or not kept any longer, is `TASK_NOT_FOUND`.
        """
        if self._result is not None:
            return self._result
        try:
            if timeout_ms == 0:
                return self._conclude(self._broker.run(self._look()).get(self._id))
            room = self._broker.waiting_room()
        except BrokerError as error:
            return _unreachable(error)
        answer = room.await_end(self._id, announced_on=self._announced_on)
        try:
            return self._conclude(answer.result(_seconds(timeout_ms)))
        except concurrent.futures.TimeoutError:
            return _gave_up(timeout_ms, room.trouble)
        except BrokerError as error:
            return _unreachable(error)
        finally:
            room.leave(self._id, answer)

    async def get_async(self, timeout_ms: int | None = None) -> TaskResult[T, TaskError]:
        """The same for async code."""
        if self._result is not None:
            return self._result
        try:
            if timeout_ms == 0:
                return self._conclude((await self._broker.run_async(self._look())).get(self._id))
            room = await self._broker.waiting_room_async()
        except BrokerError as error:
            return _unreachable(error)
        answer = room.await_end(self._id, announced_on=self._announced_on)
        try:
            return self._conclude(await asyncio.wait_for(asyncio.wrap_future(answer), _seconds(timeout_ms)))
        except asyncio.TimeoutError:
            return _gave_up(timeout_ms, room.trouble)
        except BrokerError as error:
            return _unreachable(error)
        finally:
            room.leave(self._id, answer)

    def _look(self) -> Plan[dict[UUID, Sighting]]:
        # With the first use, like the driver: a process that only defines tasks needs no plans.
        from horsies_core.plans.looking_up import look_up

        return look_up([self._id])

    def _conclude(self, sighting: Sighting | None) -> TaskResult[T, TaskError]:
        if sighting is None:
            return _failure(
                LibraryErrorCode.TASK_NOT_FOUND, f"task {self.task_id} is not known, or not kept any longer"
            )
        if sighting.result is None:
            return _failure(LibraryErrorCode.WAIT_TIMEOUT, f"task {self.task_id} is {sighting.status.value}")
        try:
            self._result = self._decode(sighting.result)
        except HorsiesError as error:
            return _failure(LibraryErrorCode.RESULT_NOT_AVAILABLE, error.message)
        return self._result

    def __repr__(self) -> str:
        return f"TaskHandle({self.task_id!r})"


_SUPPRESSED = TaskError(
    error_code=LibraryErrorCode.SEND_SUPPRESSED,
    message="sent while a worker was importing this module: nothing was enqueued",
)


def _seconds(timeout_ms: int | None) -> float | None:
    return None if timeout_ms is None else max(timeout_ms, 0) / 1000


def _failure(code: LibraryErrorCode, message: str) -> TaskResult[Never, TaskError]:
    return TaskResult(err=TaskError(error_code=code, message=message))


def _unreachable(error: BrokerError) -> TaskResult[Never, TaskError]:
    return TaskResult(err=TaskError(error_code=LibraryErrorCode.BROKER_ERROR, message=error.message, exception=error))


def _gave_up(timeout_ms: int | None, trouble: Exception | None) -> TaskResult[Never, TaskError]:
    if trouble is not None:
        return _failure(
            LibraryErrorCode.BROKER_ERROR, f"the database could not be reached for {timeout_ms} ms: {trouble}"
        )
    return _failure(LibraryErrorCode.WAIT_TIMEOUT, f"no result within {timeout_ms} ms; the task goes on")
