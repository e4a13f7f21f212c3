"""Tasks that know about themselves, run into limits, and are told to stop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from attrs import frozen

from horsies import Horsies, RetryPolicy, Task, TaskError, TaskResult, current_task


@frozen
class Limited:
    """The tasks."""

    tell: Task[[], dict[str, Any]]
    tell_async: Task[[], dict[str, Any], Any]
    tell_each: Task[[int], list[str], Any]
    watch: Task[[str], str]
    watch_async: Task[[str], str, Any]
    ignore_requests: Task[[str], str, Any]
    succeed_when_told_to_stop: Task[[str], str, Any]
    hang_at_first: Task[[], int]
    hang_at_first_async: Task[[], int, Any]
    back_off: Task[[], int]
    fail_when_told_to_stop: Task[[str], int]
    try_again_much_later: Task[[], int]


def define_limited(app: Horsies) -> Limited:  # noqa: C901, PLR0915 (a list of tasks)
    """Define them on `app`."""

    @app.task("tell")
    def tell() -> TaskResult[dict[str, Any], TaskError]:
        return TaskResult(ok=_told())

    @app.task("tell_async")
    async def tell_async() -> TaskResult[dict[str, Any], TaskError]:
        await asyncio.sleep(0)
        return TaskResult(ok=_told())

    @app.task("tell_each")
    async def tell_each(number: int) -> TaskResult[list[str], TaskError]:
        """The task's id, before and after others had their turn, and in a task of its own."""
        before = current_task().id
        await asyncio.sleep(0.01)
        return TaskResult(ok=[before, current_task().id, await asyncio.create_task(_id())])

    @app.task("watch")
    def watch(path: str) -> TaskResult[str, TaskError]:
        """Write `path.begun`, then look for a request to stop, and write `path.stopped`."""
        task = current_task()
        _append(f"{path}.begun")
        while not task.cancelled:
            time.sleep(0.005)
        _append(f"{path}.stopped")
        return TaskResult(ok="stopped in good order")

    @app.task("watch_async")
    async def watch_async(path: str) -> TaskResult[str, TaskError]:
        """Write `path.begun`, and `path.stopped` when cancelled."""
        _append(f"{path}.begun")
        try:
            await asyncio.Event().wait()
        finally:
            _append(f"{path}.stopped" if current_task().cancelled else f"{path}.unasked")
        return TaskResult(ok="never")

    @app.task("ignore_requests")
    async def ignore_requests(path: str) -> TaskResult[str, TaskError]:
        """Write `path.begun`, then go on however often it is cancelled."""
        _append(f"{path}.begun")
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                _append(f"{path}.ignored")

    @app.task("succeed_when_told_to_stop")
    async def succeed_when_told_to_stop(path: str) -> TaskResult[str, TaskError]:
        _append(f"{path}.begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return TaskResult(ok="done after all")
        return TaskResult(ok="never")

    @app.task(
        "hang_at_first",
        timeout_ms=150,
        retry_policy=RetryPolicy.fixed([0.05], auto_retry_for=["TASK_TIMEOUT"], jitter=False),
    )
    def hang_at_first() -> TaskResult[int, TaskError]:
        while current_task().attempt == 1 and not current_task().cancelled:
            time.sleep(0.005)
        return TaskResult(ok=current_task().attempt)

    @app.task(
        "hang_at_first_async",
        timeout_ms=150,
        retry_policy=RetryPolicy.fixed([0.05], auto_retry_for=["TASK_TIMEOUT"], jitter=False),
    )
    async def hang_at_first_async() -> TaskResult[int, TaskError]:
        if current_task().attempt == 1:
            await asyncio.Event().wait()
        return TaskResult(ok=current_task().attempt)

    @app.task("back_off", retry_policy=RetryPolicy.exponential(0.1, max_retries=3, auto_retry_for=["BUSY"]))
    def back_off() -> TaskResult[int, TaskError]:
        return TaskResult(err=TaskError(error_code="BUSY", data={"attempt": current_task().attempt}))

    @app.task(
        "fail_when_told_to_stop",
        retry_policy=RetryPolicy.fixed([0], auto_retry_for=["STOPPED", "TASK_CANCELLED"], jitter=False),
    )
    def fail_when_told_to_stop(path: str) -> TaskResult[int, TaskError]:
        watch(path)
        return TaskResult(err=TaskError(error_code="STOPPED"))

    @app.task("try_again_much_later", retry_policy=RetryPolicy.fixed([60], auto_retry_for=["LATER"], jitter=False))
    def try_again_much_later() -> TaskResult[int, TaskError]:
        return TaskResult(err=TaskError(error_code="LATER"))

    return Limited(
        tell=tell,
        tell_async=tell_async,
        tell_each=tell_each,
        watch=watch,
        watch_async=watch_async,
        ignore_requests=ignore_requests,
        succeed_when_told_to_stop=succeed_when_told_to_stop,
        hang_at_first=hang_at_first,
        hang_at_first_async=hang_at_first_async,
        back_off=back_off,
        fail_when_told_to_stop=fail_when_told_to_stop,
        try_again_much_later=try_again_much_later,
    )


def _told() -> dict[str, Any]:
    task = current_task()
    return {
        "id": task.id,
        "name": task.name,
        "attempt": task.attempt,
        "queue": task.queue,
        "seconds_left": task.seconds_left(),
        "deadline_in": None if task.deadline is None else task.deadline - time.monotonic(),
        "cancelled": task.cancelled,
    }


async def _id() -> str:
    return current_task().id


def _append(path: str) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("1\n")
