"""A task as the user holds it: callable here and now, or sent to a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import update_wrapper
from typing import Any, Generic, cast

from attrs import frozen
from typing_extensions import ParamSpec, TypeVar

from horsies_client.broker import Broker
from horsies_client.handles import TaskHandle
from horsies_client.sending import Sender
from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.result import TaskError, TaskResult
from horsies_core.task_definition import TaskDefinition

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", default=TaskResult[T, TaskError])


@frozen
class Call(Generic[T]):
    """A task with its arguments, not sent yet: for `send_many`."""

    task: Task[..., T, Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Task(Generic[P, T, R]):
    """What `@app.task` makes of a function.

    Calling it runs the function here, for unit tests. `R` is what that call returns: the `TaskResult`, or for an
    `async def` function a coroutine of it.
    """

    def __init__(self, fn: Callable[P, R], definition: TaskDefinition, broker: Broker, sender: Sender) -> None:
        self._fn = fn
        self._broker = broker
        self._sender = sender
        self.definition = definition
        update_wrapper(cast("Callable[P, R]", self), fn)

    @property
    def name(self) -> str:
        """The name under which workers find it."""
        return self.definition.name

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._fn(*args, **kwargs)

    def send(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """Enqueue the task now. When this returns the task is committed.

        Raises TypeError for arguments that do not fit the signature, SerializationError for one that cannot be stored,
        BrokerError when the database cannot be reached; the task may then have been recorded, under the error's id.
        """
        task = self._new(args, kwargs)
        return self._handle(task, announced_on=self._sender.send([task]))

    async def send_async(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """The same for async code."""
        task = self._new(args, kwargs)
        return self._handle(task, announced_on=await self._sender.send_async([task]))

    def schedule(self, delay_seconds: float, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """Enqueue the task now, to be run after the delay in seconds, by the database's clock."""
        task = self._new(args, kwargs, delay_seconds)
        return self._handle(task, announced_on=self._sender.send([task]))

    async def schedule_async(self, delay_seconds: float, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[T]:
        """The same for async code."""
        task = self._new(args, kwargs, delay_seconds)
        return self._handle(task, announced_on=await self._sender.send_async([task]))

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """The task with these arguments, for `send_many`."""
        return Call(self, args, kwargs)

    def send_many(self, calls: Iterable[Call[T] | tuple[Any, ...]]) -> list[TaskHandle[T]]:
        """Enqueue many at once, all or nothing: argument tuples, or what `call` returned. Handles in the same order."""
        tasks = self._new_many(calls)
        return self._handles(tasks, announced_on=self._sender.send(tasks))

    async def send_many_async(self, calls: Iterable[Call[T] | tuple[Any, ...]]) -> list[TaskHandle[T]]:
        """The same for async code."""
        tasks = self._new_many(calls)
        return self._handles(tasks, announced_on=await self._sender.send_async(tasks))

    def _new(self, args: tuple[Any, ...], kwargs: dict[str, Any], delay_seconds: float = 0.0) -> NewTask:
        definition = self.definition
        return NewTask(
            id=new_task_id(),
            name=definition.name,
            queue=definition.queue_name,
            priority=definition.priority,
            args=definition.arguments.encode(args, kwargs),
            delay_seconds=delay_seconds,
            retry_policy=definition.retry_policy_text,
        )

    def _new_many(self, calls: Iterable[Call[T] | tuple[Any, ...]]) -> list[NewTask]:
        return [self._new(call.args, call.kwargs) if isinstance(call, Call) else self._new(call, {}) for call in calls]

    def _handle(self, task: NewTask, *, announced_on: str | None) -> TaskHandle[T]:
        return TaskHandle(
            task.id,
            self._broker,
            self.definition.results.decode,
            announced_on=announced_on,
            suppressed=self._sender.suppressed,
        )

    def _handles(self, tasks: Sequence[NewTask], *, announced_on: str | None) -> list[TaskHandle[T]]:
        return [self._handle(task, announced_on=announced_on) for task in tasks]

    def __repr__(self) -> str:
        return f"<task '{self.name}'>"
