"""A task as the user holds it: callable here and now, or sent to a worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, cast

from typing_extensions import ParamSpec, TypeVar

from horsies_client.task_sender import Desk, TaskSender
from horsies_core.result import TaskError, TaskResult
from horsies_core.task_definition import TaskDefinition

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", default=TaskResult[T, TaskError])


class Task(TaskSender[P, T], Generic[P, T, R]):
    """What `@app.task` makes of a function.

    Calling it runs the function here, for unit tests. `R` is what that call returns: the `TaskResult`, or for an
    `async def` function a coroutine of it.
    """

    def __init__(self, fn: Callable[P, R], definition: TaskDefinition, desk: Desk) -> None:
        super().__init__(definition, desk)
        self._fn = fn
        update_wrapper(cast("Callable[P, R]", self), fn)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<task '{self.name}'>"
