"""One way out for every send, sync and async: nothing while modules are being imported, and an error that names the
tasks whose fate is unknown.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

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


class Sender:
    """Records new tasks."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def suppressed(self) -> bool:
        """Whether sends record nothing here and now."""
        return _SUPPRESSING.get()

    def send(self, tasks: Sequence[NewTask]) -> str | None:
        """Record these tasks; the channel they were stamped with, None if this process does not listen."""
        if self.suppressed:
            return None
        channel = self._broker.reply_channel()
        with _naming(tasks):
            self._broker.run(self._plan(tasks, channel))
        return channel

    async def send_async(self, tasks: Sequence[NewTask]) -> str | None:
        """The same from a coroutine."""
        if self.suppressed:
            return None
        channel = self._broker.reply_channel()
        with _naming(tasks):
            await self._broker.run_async(self._plan(tasks, channel))
        return channel

    def _plan(self, tasks: Sequence[NewTask], channel: str | None) -> Plan[None]:
        # With the first send, like the driver: a process that only defines tasks needs no plans.
        from horsies_core.plans.enqueueing import enqueue, enqueue_many

        if len(tasks) == 1:
            return enqueue(tasks[0], schema=self._broker.schema, reply_to=channel)
        return enqueue_many(tasks, schema=self._broker.schema, reply_to=channel)


@contextmanager
def _naming(tasks: Sequence[NewTask]) -> Generator[None]:
    try:
        yield
    except BrokerError as error:
        raise BrokerError(
            error.message,
            code=error.code,
            where=error.where,
            notes=[*error.notes, f"{_described(tasks)} may or may not have been recorded"],
            help=error.help,
            task_ids=[str(task.id) for task in tasks],
        ) from error.__cause__


def _described(tasks: Sequence[NewTask]) -> str:
    if len(tasks) == 1:
        return f"task {tasks[0].id} ('{tasks[0].name}')"
    return f"these {len(tasks)} tasks (see the error's task_ids)"
