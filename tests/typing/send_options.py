"""What a user's type checker says of the options of a send, and of sends of many. Never run; see `sending`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from typing_extensions import assert_type

from horsies import AppConfig, Horsies, TaskError, TaskHandle, TaskResult

app = Horsies(AppConfig())


@app.task("add")
def add(a: int, b: int = 0) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


@app.task("greet")
async def greet(name: str, *, loudly: bool = False) -> TaskResult[str, TaskError]:
    return TaskResult(ok=name.upper() if loudly else name)


async def every_option_is_taken_and_the_signature_stays() -> None:
    urgent = add.with_options(
        queue_name="mail",
        priority=1,
        run_at=datetime(2031, 1, 1, tzinfo=timezone.utc),
        good_until=datetime(2031, 1, 2, tzinfo=timezone.utc),
        timeout_ms=500,
        idempotency_key="order 7",
        connection=object(),
    )
    assert_type(urgent.send(1, b=2), TaskHandle[int])
    assert_type(await urgent.send_async(1), TaskHandle[int])
    assert_type(urgent.schedule(1.5, 1, 2), TaskHandle[int])
    assert_type(urgent.send_many([(1, 2), urgent.call(3, b=4)]), list[TaskHandle[int]])
    assert_type(add.with_options(task_id=uuid4(), delay_ms=5).send(1), TaskHandle[int])
    assert_type(add.with_options(task_id="018f0000-0000-7000-8000-000000000000").send(1), TaskHandle[int])
    assert_type(greet.with_options(priority=1).send("Ann", loudly=True), TaskHandle[str])


async def wrong_arguments_are_refused_with_options_as_without() -> None:
    urgent = add.with_options(priority=1)
    urgent.send("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    urgent.send(1, c=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    urgent.schedule(60)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await urgent.send_async()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    greet.with_options(priority=1).send("Ann", True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def options_of_another_type_are_refused() -> None:
    add.with_options(priority="first")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.with_options(run_at="tomorrow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.with_options(delay_ms="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.with_options(idempotency_key=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.with_options(task_id=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    add.with_options(1)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]
    add.with_options(retries=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def a_sender_is_not_called() -> None:
    add.with_options(priority=1)(1, 2)  # type: ignore[operator]  # pyright: ignore[reportCallIssue]


async def calls_of_many_tasks_go_together() -> None:
    calls = [add.call(1), greet.call("Ann", loudly=True), add.with_options(priority=1).call(2, b=3)]
    assert_type(app.send_many(calls), list[TaskHandle[Any]])
    assert_type(await app.send_many_async(calls), list[TaskHandle[Any]])
    app.send_many([add.call("1")])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    app.send_many([(1, 2)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    app.send_many([add.send(1)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
