"""An app as a user has one: it says nothing of tests."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from horsies import AppConfig, Horsies, PostgresConfig, RetryPolicy, TaskError, TaskResult, current_task

ELSEWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"
LONG_AGO = datetime.now(timezone.utc) - timedelta(days=1)

app = Horsies(AppConfig(broker=PostgresConfig(database_url=ELSEWHERE, schema="production")))


@app.task("add")
def add(a: int, b: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


@app.task("add_slowly")
async def add_slowly(a: int, b: int) -> TaskResult[int, TaskError]:
    await asyncio.sleep(0)
    return TaskResult(ok=a + b)


@app.task("count_down")
def count_down(number: int) -> TaskResult[int, TaskError]:
    """Send the next smaller number."""
    if number > 0:
        count_down.send(number - 1)
    return TaskResult(ok=number)


@app.task("count_down_async")
async def count_down_async(number: int) -> TaskResult[int, TaskError]:
    if number > 0:
        await count_down_async.send_async(number - 1)
    return TaskResult(ok=number)


@app.task("endless")
def endless() -> TaskResult[None, TaskError]:
    endless.send()
    return TaskResult(ok=None)


@app.task("fail_twice", retry_policy=RetryPolicy.fixed([60, 3600], auto_retry_for=["NOT_YET"], jitter=False))
def fail_twice() -> TaskResult[int, TaskError]:
    attempt = current_task().attempt
    return TaskResult(ok=attempt) if attempt > 2 else TaskResult(err=TaskError(error_code="NOT_YET"))


@app.task("fail")
def fail() -> TaskResult[int, TaskError]:
    raise ValueError("no")


@app.task("linger", timeout_ms=100)
def linger() -> TaskResult[bool, TaskError]:
    """Return when it is told to, or never."""
    while not current_task().cancelled:
        time.sleep(0.001)
    return TaskResult(ok=True)


@app.task("linger_async", timeout_ms=100)
async def linger_async() -> TaskResult[bool, TaskError]:
    await asyncio.sleep(3600)
    return TaskResult(ok=True)


@app.task("cancel_itself")
def cancel_itself() -> TaskResult[bool, TaskError]:
    return TaskResult(ok=app.handle(cancel_itself, current_task().id).cancel())


@app.task("cancel_itself_and_fail", retry_policy=RetryPolicy.fixed([60], auto_retry_for=["UNHANDLED_EXCEPTION"]))
def cancel_itself_and_fail() -> TaskResult[bool, TaskError]:
    app.handle(cancel_itself_and_fail, current_task().id).cancel()
    raise ValueError("no")


@app.task("my_pid")
def my_pid() -> TaskResult[int, TaskError]:
    return TaskResult(ok=os.getpid())


WITHIN: list[Callable[[], object]] = []
"""What `call_within` calls: a test's way into a task."""


@app.task("call_within")
def call_within() -> TaskResult[None, TaskError]:
    WITHIN[-1]()
    return TaskResult(ok=None)
