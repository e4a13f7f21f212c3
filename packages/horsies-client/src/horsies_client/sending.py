"""One way out for every send, sync and async: nothing while modules are being imported, on the caller's connection if
one is given, and an error that names the tasks whose fate is unknown.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import frozen

from horsies_client.broker import Broker
from horsies_core.errors import BrokerError
from horsies_core.new_task import NewTask

if TYPE_CHECKING:
    from horsies_core.plans import Plan

_SUPPRESSING = ContextVar("horsies_suppressing_sends", default=False)


@contextmanager
def suppressing_sends() -> Generator[None]:
    """Within it no app records anything: for importing the user's modules, which may send at module level."""
    token = _SUPPRESSING.set(True)
    try:
        yield
    finally:
        _SUPPRESSING.reset(token)


@frozen
class Sent:
    """What became of a send."""

    ids: Sequence[UUID]
    """In the order of the tasks; not the task's own if its idempotency key was taken."""
    announced_on: str | None = None
    """The channel the tasks were stamped with; None if this process does not listen."""
    is_suppressed: bool = False


class Sender:
    """Records new tasks."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def send(self, tasks: Sequence[NewTask], *, connection: Any = None) -> Sent:
        """Record these tasks, all or none; as part of the caller's transaction if a connection is given."""
        if _SUPPRESSING.get():
            return Sent([task.id for task in tasks], is_suppressed=True)
        channel = self._broker.reply_channel()
        with _naming(tasks, borrowed=connection is not None):
            if connection is None:
                ids = self._broker.run(self._plan(tasks, channel))
            else:
                ids = self._broker.run_borrowed(self._plan(tasks, channel), connection)
        return Sent(ids, announced_on=channel)

    async def send_async(self, tasks: Sequence[NewTask], *, connection: Any = None) -> Sent:
        """The same from a coroutine."""
        if _SUPPRESSING.get():
            return Sent([task.id for task in tasks], is_suppressed=True)
        channel = self._broker.reply_channel()
        with _naming(tasks, borrowed=connection is not None):
            if connection is None:
                ids = await self._broker.run_async(self._plan(tasks, channel))
            else:
                ids = await self._broker.run_borrowed_async(self._plan(tasks, channel), connection)
        return Sent(ids, announced_on=channel)

    def _plan(self, tasks: Sequence[NewTask], channel: str | None) -> Plan[Sequence[UUID]]:
        # With the first send, like the driver: a process that only defines tasks needs no plans.
        from horsies_core.plans.enqueueing import enqueue_all

        return enqueue_all(tasks, schema=self._broker.schema, reply_to=channel)


@contextmanager
def _naming(tasks: Sequence[NewTask], *, borrowed: bool) -> Generator[None]:
    try:
        yield
    except BrokerError as error:
        fate = "exists only if your transaction commits" if borrowed else "may or may not have been recorded"
        raise BrokerError(
            error.message,
            code=error.code,
            where=error.where,
            notes=[*error.notes, f"{_described(tasks)} {fate}"],
            help=error.help,
            task_ids=[str(task.id) for task in tasks],
        ) from error.__cause__


def _described(tasks: Sequence[NewTask]) -> str:
    if len(tasks) == 1:
        return f"task {tasks[0].id} ('{tasks[0].name}')"
    return f"these {len(tasks)} tasks (see the error's task_ids)"
