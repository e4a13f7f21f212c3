"""Sending one task: its signature, its options, and every way to enqueue it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from attrs import evolve, frozen
from typing_extensions import ParamSpec, TypeVar

from horsies_client.broker import Broker
from horsies_client.handles import TaskHandle
from horsies_client.sending import Sender, Sent
from horsies_core.config import AppConfig
from horsies_core.errors import ConfigurationError, ErrorCode
from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.send_options import SendOptions, check_delay_seconds
from horsies_core.task_definition import TaskDefinition

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

NO_OPTIONS = SendOptions()
"""Of a sender that `with_options` did not make."""


@frozen
class Call(Generic[T_co]):
    """A task with its arguments, not sent yet: for `send_many`."""

    sender: TaskSender[..., T_co]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@frozen
class Desk:
    """What sending needs of the app."""

    config: AppConfig
    broker: Broker
    sender: Sender

    def send_calls(self, calls: Sequence[Call[T]]) -> list[TaskHandle[T]]:
        """Enqueue these calls, all or none. Handles in the same order."""
        sent = self.sender.send(_prepared(calls), connection=_connection_of(calls))
        return _handles(calls, sent)

    async def send_calls_async(self, calls: Sequence[Call[T]]) -> list[TaskHandle[T]]:
        """The same for async code."""
        sent = await self.sender.send_async(_prepared(calls), connection=_connection_of(calls))
        return _handles(calls, sent)


class TaskSender(Generic[P, T]):
    """Sends one task, with the options it was made with. `with_options` makes another."""

    def __init__(self, definition: TaskDefinition, desk: Desk, options: SendOptions | None = None) -> None:
        self.definition = definition
        self._desk = desk
        self._options = options or NO_OPTIONS

    @property
    def name(self) -> str:
        """The name under which workers find the task."""
        return self.definition.name

    def with_options(
        self,
        *,
        queue_name: str | None = None,
        priority: int | None = None,
        run_at: datetime | None = None,
        delay_ms: int | None = None,
        good_until: datetime | None = None,
        timeout_ms: int | None = None,
        idempotency_key: str | None = None,
        task_id: str | UUID | None = None,
        connection: Any = None,
    ) -> TaskSender[P, T]:
        """A sender of the same signature that sends with these options.

        `run_at` (timezone-aware) or `delay_ms`: from when it may start. `good_until`: not started by then, it ends
        EXPIRED. `timeout_ms`: how long it may run. `idempotency_key`: a second send of this task with the same key
        returns a handle to the first. `task_id`: sending again under the id of a send that failed records nothing
        twice. `connection`: yours; the task exists if and only if your transaction commits. Raises ConfigurationError
        for values that cannot be meant, all of them at once.
        """
        options = SendOptions(
            queue_name=queue_name,
            priority=priority,
            run_at=run_at,
            delay_ms=delay_ms,
            good_until=good_until,
            timeout_ms=timeout_ms,
            idempotency_key=idempotency_key,
            task_id=None if task_id is None else as_uuid(task_id),
            connection=connection,
        )
        options.check(self._desk.config)
        return TaskSender(self.definition, self._desk, options)

    def send(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """Enqueue the task now. When this returns the task is committed.

        Raises TypeError for arguments that do not fit the signature, SerializationError for one that cannot be stored,
        BrokerError when the database cannot be reached; the task may then have been recorded, under the error's id.
        """
        return self._send([self._new(args, kwargs)])[0]

    async def send_async(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """The same for async code."""
        return (await self._send_async([self._new(args, kwargs)]))[0]

    def schedule(self, delay_seconds: float, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """Enqueue the task now, to be run after the delay in seconds, by the database's clock."""
        return self._send([self._delayed(delay_seconds, args, kwargs)])[0]

    async def schedule_async(self, delay_seconds: float, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """The same for async code."""
        return (await self._send_async([self._delayed(delay_seconds, args, kwargs)]))[0]

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """The task with these arguments, for `send_many`."""
        return Call(self, args, kwargs)

    def send_many(self, calls: Iterable[Call[T] | tuple[Any, ...]]) -> list[TaskHandle[T]]:
        """Enqueue many at once, all or nothing: argument tuples, or what `call` returned. Handles in the same order.

        They are sent with this sender's options; a `call` of a sender with options of its own keeps those.
        """
        return self._desk.send_calls([self._own_call(call) for call in calls])

    async def send_many_async(self, calls: Iterable[Call[T] | tuple[Any, ...]]) -> list[TaskHandle[T]]:
        """The same for async code."""
        return await self._desk.send_calls_async([self._own_call(call) for call in calls])

    @property
    def options(self) -> SendOptions:
        """The options it sends with."""
        return self._options

    def prepare_for_many(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NewTask:
        """The task with these arguments, as one of many. Raises ConfigurationError for options that only a single send
        can have.
        """
        if self._options.task_id is not None or self._options.idempotency_key is not None:
            raise ConfigurationError(
                "send_many() cannot send with a task_id or an idempotency_key",
                code=ErrorCode.TASK_INVALID_OPTIONS,
                help="send such a task by itself",
            )
        return self._new(args, kwargs)

    def handle(self, task_id: UUID, sent: Sent) -> TaskHandle[T]:
        """A handle to a task that was sent."""
        return TaskHandle(
            task_id,
            self._desk.broker,
            self.definition.results.decode,
            announced_on=sent.announced_on,
            suppressed=sent.is_suppressed,
        )

    def _send(self, tasks: Sequence[NewTask]) -> list[TaskHandle[T]]:
        sent = self._desk.sender.send(tasks, connection=self._options.connection)
        return [self.handle(task_id, sent) for task_id in sent.ids]

    async def _send_async(self, tasks: Sequence[NewTask]) -> list[TaskHandle[T]]:
        sent = await self._desk.sender.send_async(tasks, connection=self._options.connection)
        return [self.handle(task_id, sent) for task_id in sent.ids]

    def _delayed(self, delay_seconds: float, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NewTask:
        if self._options.run_at is not None or self._options.delay_ms is not None:
            raise ConfigurationError(
                "schedule() was called on a sender that has run_at or delay_ms",
                code=ErrorCode.TASK_INVALID_OPTIONS,
                help="use send(), or leave the option out",
            )
        check_delay_seconds(delay_seconds)
        return evolve(self._new(args, kwargs), delay_seconds=float(delay_seconds))

    def _own_call(self, call: Call[T] | tuple[Any, ...]) -> Call[T]:
        if not isinstance(call, Call):
            _check_kind(call, tuple, "argument tuples, or calls as task.call(...) makes them")
            return Call(self, call, {})
        if call.sender.definition is not self.definition:
            raise ConfigurationError(
                f"a call of task '{call.sender.name}' was given to send_many() of task '{self.name}'",
                code=ErrorCode.TASK_INVALID_OPTIONS,
                help="send calls of several tasks by app.send_many([...])",
            )
        return evolve(call, sender=self) if call.sender.options is NO_OPTIONS else call

    def _new(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NewTask:
        definition, options = self.definition, self._options
        return NewTask(
            id=options.task_id or new_task_id(),
            name=definition.name,
            queue=options.queue_name or definition.queue_name,
            priority=definition.priority if options.priority is None else options.priority,
            args=definition.arguments.encode(args, kwargs),
            delay_seconds=0.0 if options.delay_ms is None else options.delay_ms / 1000,
            run_at=options.run_at,
            retry_policy=definition.retry_policy_text,
            good_until=options.good_until or definition.good_until,
            timeout_ms=definition.timeout_ms if options.timeout_ms is None else options.timeout_ms,
            idempotency_key=options.idempotency_key,
            may_exist=options.task_id is not None,
        )

    def __repr__(self) -> str:
        return f"<sender of task '{self.name}'>"


def _prepared(calls: Sequence[Call[Any]]) -> list[NewTask]:
    for call in calls:
        _check_kind(call, Call, "calls, as task.call(...) makes them")
    return [call.sender.prepare_for_many(call.args, call.kwargs) for call in calls]


def _check_kind(given: object, kind: type[Any], wanted: str) -> None:
    if not isinstance(given, kind):
        raise TypeError(f"send_many() takes {wanted}; one of these is {type(given).__name__} {given!r:.80}")


def _connection_of(calls: Sequence[Call[Any]]) -> Any:
    """The one connection of the callers' that these calls are to be sent on; None: ours."""
    connections = [call.sender.options.connection for call in calls]
    if any(connection is not connections[0] for connection in connections):
        raise ConfigurationError(
            "the calls of one send_many() name different connections",
            code=ErrorCode.TASK_INVALID_OPTIONS,
            help="send those of each connection by themselves",
        )
    return connections[0] if connections else None


def _handles(calls: Sequence[Call[T]], sent: Sent) -> list[TaskHandle[T]]:
    return [call.sender.handle(task_id, sent) for call, task_id in zip(calls, sent.ids, strict=True)]


def as_uuid(task_id: str | UUID) -> UUID:
    """A task id as it is kept. Raises ConfigurationError if it is no uuid."""
    if isinstance(task_id, UUID):
        return task_id
    try:
        return UUID(task_id)
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError(
            f"task_id {task_id!r:.80} is no uuid",
            code=ErrorCode.TASK_INVALID_OPTIONS,
            help="take it from the BrokerError's task_ids, or from a handle",
        ) from None
