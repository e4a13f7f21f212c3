"""What a user's type checker says of tasks. Never run: pyright and mypy read it, and each `ignore` must be needed."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from typing_extensions import assert_type

from horsies import AppConfig, Horsies, Task, TaskError, TaskHandle, TaskResult

app = Horsies(AppConfig())


@app.task("add")
def add(a: int, b: int = 0) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


@app.task()
async def greet(name: str, *, loudly: bool = False) -> TaskResult[str, TaskError]:
    return TaskResult(ok=name.upper() if loudly else name)


@app.task()
def ping() -> TaskResult[None, TaskError]:
    return TaskResult(ok=None)


def a_task_is_known_by_its_signature() -> None:
    task: Task[[str], int] = add  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    assert_type(add.name, str)
    del task


def sending_gives_a_handle_of_the_results_type() -> None:
    assert_type(add.send(1, 2), TaskHandle[int])
    assert_type(add.send(1, b=2), TaskHandle[int])
    assert_type(greet.send("Ann", loudly=True), TaskHandle[str])
    assert_type(ping.send(), TaskHandle[None])
    assert_type(add.send(1).get(), TaskResult[int, TaskError])
    assert_type(add.send(1).get(timeout_ms=100).ok, int | None)
    assert_type(add.send(1).get().unwrap(), int)


async def async_sending_too() -> None:
    assert_type(await add.send_async(1), TaskHandle[int])
    assert_type(await greet.send_async("Ann"), TaskHandle[str])
    assert_type(await (await greet.send_async("Ann")).get_async(100), TaskResult[str, TaskError])


def wrong_arguments_are_refused() -> None:
    add.send("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.send()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    add.send(1, 2, 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    add.send(1, c=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    greet.send("Ann", True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    greet.send(name=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def wrong_arguments_are_refused_in_async_code_too() -> None:
    await add.send_async("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await greet.send_async()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def scheduling_takes_the_delay_first() -> None:
    assert_type(add.schedule(1.5, 1, b=2), TaskHandle[int])
    assert_type(await greet.schedule_async(60, "Ann"), TaskHandle[str])
    add.schedule("soon", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.schedule(60, "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def many_are_sent_as_calls() -> None:
    assert_type(add.send_many([add.call(1), add.call(1, b=2)]), list[TaskHandle[int]])
    assert_type(add.send_many([(1, 2), (3, 4)]), list[TaskHandle[int]])
    assert_type(await greet.send_many_async([greet.call("Ann")]), list[TaskHandle[str]])
    add.call("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.send_many([greet.call("Ann")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


async def calling_a_task_runs_its_function_here() -> None:
    assert_type(add(1, 2), TaskResult[int, TaskError])
    coroutine: Coroutine[Any, Any, TaskResult[str, TaskError]] = greet("Ann")
    assert_type(await coroutine, TaskResult[str, TaskError])
    add("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
