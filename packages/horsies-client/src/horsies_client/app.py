"""`Horsies`: the application's tasks and its database, in one object."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, TypeVar, cast, overload
from uuid import UUID

from attrs import evolve
from typing_extensions import ParamSpec, Self

from horsies_client.broker import Broker
from horsies_client.declaring import is_noted
from horsies_client.handles import TaskHandle
from horsies_client.sending import Sender, Sent
from horsies_client.task import Task
from horsies_client.task_sender import Call, Desk, TaskSender, as_uuid
from horsies_core.config import AppConfig, PostgresConfig
from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import HorsiesError
from horsies_core.registry import Registry
from horsies_core.result import TaskError, TaskResult
from horsies_core.retry import RetryPolicy
from horsies_core.task_definition import define, stand_in

P = ParamSpec("P")
T = TypeVar("T")


class TaskDecorator(Protocol):
    """What `app.task(...)` returns: turns a function that returns `TaskResult[T, TaskError]` into a `Task[P, T]`."""

    @overload
    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, TaskResult[T, TaskError]]], /
    ) -> Task[P, T, Coroutine[Any, Any, TaskResult[T, TaskError]]]: ...
    @overload
    def __call__(self, fn: Callable[P, TaskResult[T, TaskError]], /) -> Task[P, T]: ...


class Horsies:
    """An application: its configuration, its tasks, and the way to its database.

    Making one opens no connection. It may be used from threads, from coroutines, and after a fork. `with` and
    `async with` close its connections at the end.
    """

    config: AppConfig
    """As it was given."""

    def __init__(self, config: AppConfig) -> None:
        self.config = config
        self.where = SourceLocation.of_caller()
        self.registry = Registry()
        self.broker = Broker(config.broker, poll_seconds=config.resilience.notify_poll_interval_ms / 1000)
        self.task_modules: list[str] = []
        self._desk = Desk(config, self.broker, Sender(self.broker))

    def task(
        self,
        name: str | None = None,
        *,
        task_name: str | None = None,
        queue_name: str | None = None,
        priority: int | None = None,
        retry_policy: RetryPolicy | None = None,
        good_until: datetime | None = None,
        timeout_ms: int | None = None,
        exception_mapper: Mapping[type[BaseException], str] | None = None,
        default_unhandled_error_code: str | None = None,
    ) -> TaskDecorator:
        """Declare a task. Without a name it is `module.qualname`.

        The function, `def` or `async def`, must be annotated to return `TaskResult[T, TaskError]`. Every fault found
        in the declaration is raised here, all of them at once: TaskDefinitionError, ConfigurationError, RegistryError.
        """
        where = SourceLocation.of_caller()
        given_name = name if name is not None else task_name

        def decorate(fn: Callable[..., Any]) -> Task[..., Any, Any]:
            try:
                definition = define(
                    fn,
                    name=given_name,
                    where=where,
                    config=self.config,
                    queue_name=queue_name,
                    priority=priority,
                    retry_policy=retry_policy,
                    good_until=good_until,
                    timeout_ms=timeout_ms,
                    exception_mapper=exception_mapper,
                    default_unhandled_error_code=default_unhandled_error_code,
                )
                self.registry.add(definition)
            except HorsiesError as fault:
                if not is_noted(fault):
                    raise
                definition = stand_in(fn, given_name)
            return Task(fn, definition, self._desk)

        return cast("TaskDecorator", decorate)

    def send_many(self, calls: Iterable[Call[Any]]) -> list[TaskHandle[Any]]:
        """Enqueue calls of any tasks at once, all or nothing: `app.send_many([a.call(1), b.call(x=2)])`. Handles in the
        same order.
        """
        return self._desk.send_calls(list(calls))

    async def send_many_async(self, calls: Iterable[Call[Any]]) -> list[TaskHandle[Any]]:
        """The same for async code."""
        return await self._desk.send_calls_async(list(calls))

    def handle(self, task: TaskSender[..., T], task_id: str | UUID) -> TaskHandle[T]:
        """A handle to a task that was sent earlier, here or elsewhere. Raises ConfigurationError if the id is no
        uuid.
        """
        return task.handle(as_uuid(task_id), Sent(()))

    def discover_tasks(self, modules: Sequence[str]) -> None:
        """List the modules that hold tasks: dotted paths, or .py paths relative to the app's file. Workers import
        exactly these; nothing is imported here.
        """
        self.task_modules = [*dict.fromkeys([*self.task_modules, *modules])]

    def list_tasks(self) -> list[str]:
        """The names of all tasks defined so far, sorted."""
        return sorted(self.registry.names())

    def rebind(self, broker: PostgresConfig) -> None:
        """Go to another database or schema from here on, for tests: the tasks stay what they are. Connections to the
        former one are closed; handles made before ask the new one.
        """
        self.config = evolve(self.config, broker=broker)
        self.broker.rebind(broker)

    def close(self) -> None:
        """Close every connection of this process. A later use opens them again."""
        self.broker.close()

    async def close_async(self) -> None:
        """The same for async code."""
        await self.broker.close_async()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close_async()

    def __repr__(self) -> str:
        place = f", at {self.where.file}:{self.where.line}" if self.where else ""
        return f"<Horsies with {len(self.registry)} tasks{place}>"
