"""An app with a task of every kind that tests need."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

from attrs import frozen

from horsies import (
    AppConfig,
    Horsies,
    PostgresConfig,
    RecoveryConfig,
    RetryPolicy,
    Task,
    TaskError,
    TaskResult,
    WorkerResilienceConfig,
)
from tests.support.limited import Limited, define_limited
from tests.support.misconduct import Misconduct, define_misconduct
from tests.support.mishaps import APP_EXCEPTION_MAPPER, Mishaps, define_mishaps


@frozen
class Workshop:
    """The app and its tasks."""

    app: Horsies
    add: Task[[int, int], int]
    greet: Task[[str], str]
    fail: Task[[str], int]
    raise_error: Task[[str], int]
    die: Task[[str], int]
    die_and_retry: Task[[str], int]
    sleep: Task[[float], float]
    nap: Task[[float], float, Any]
    wait_for_file: Task[[str], str]
    wait_or_pass: Task[[str], str]
    wait_and_retry: Task[[str], str]
    gather: Task[[str], str, Any]
    note: Task[[str], int]
    beat: Task[[str], int]
    my_pid: Task[[], int]
    wrong_type: Task[[], int]
    no_result: Task[[], int]
    mishaps: Mishaps
    misconduct: Misconduct
    limited: Limited


def build(url: str, schema: str, *, quick_recovery: bool = True, poll_ms: int = 5_000) -> Workshop:  # noqa: C901, PLR0915 (a list of tasks)
    """Make the app. Recovery is quick, so that tests of lost workers need seconds: the rules are the same."""
    recovery = RecoveryConfig(
        running_stale_threshold_ms=2_000,
        claimed_stale_threshold_ms=2_000,
        check_interval_ms=500,
        heartbeat_interval_ms=500,
    )
    config = AppConfig(
        broker=PostgresConfig(database_url=url, schema=schema),
        recovery=recovery if quick_recovery else RecoveryConfig(),
        resilience=WorkerResilienceConfig(
            db_retry_initial_ms=50, db_retry_max_ms=1_000, notify_poll_interval_ms=poll_ms
        ),
        exception_mapper=APP_EXCEPTION_MAPPER,
    )
    app = Horsies(config)

    @app.task("add")
    def add(a: int, b: int) -> TaskResult[int, TaskError]:
        return TaskResult(ok=a + b)

    @app.task("greet")
    def greet(name: str) -> TaskResult[str, TaskError]:
        return TaskResult(ok=f"hello {name}")

    @app.task("fail")
    def fail(code: str) -> TaskResult[int, TaskError]:
        return TaskResult(err=TaskError(error_code=code, message="as asked"))

    @app.task("raise_error")
    def raise_error(text: str) -> TaskResult[int, TaskError]:
        raise RuntimeError(text)

    @app.task("die")
    def die(how: str) -> TaskResult[int, TaskError]:
        return _die(how)

    @app.task(
        "die_and_retry",
        retry_policy=RetryPolicy.fixed([0.1, 0.1], auto_retry_for=["WORKER_CRASHED"], jitter=False),
    )
    def die_and_retry(how: str) -> TaskResult[int, TaskError]:
        return _die(how)

    @app.task("sleep")
    def sleep(seconds: float) -> TaskResult[float, TaskError]:
        time.sleep(seconds)
        return TaskResult(ok=seconds)

    @app.task("nap")
    async def nap(seconds: float) -> TaskResult[float, TaskError]:
        await asyncio.sleep(seconds)
        return TaskResult(ok=seconds)

    @app.task("wait_for_file")
    def wait_for_file(path: str) -> TaskResult[str, TaskError]:
        """Write its pid to `path.begun`, wait until `path` appears, and write it to `path.ended`."""
        _append(f"{path}.begun", os.getpid())
        while not Path(path).exists():
            time.sleep(0.01)
        _append(f"{path}.ended", os.getpid())
        return TaskResult(ok=path)

    @app.task("wait_or_pass")
    def wait_or_pass(path: str) -> TaskResult[str, TaskError]:
        """As `wait_for_file`; with an empty path the quickest task there is. So it is expected to be quick."""
        if path:
            wait_for_file(path)
        return TaskResult(ok=path)

    @app.task(
        "wait_and_retry",
        retry_policy=RetryPolicy.fixed([0.1], auto_retry_for=["WORKER_CRASHED"], jitter=False),
    )
    def wait_and_retry(path: str) -> TaskResult[str, TaskError]:
        """As `wait_for_file`, and once more if that crashes."""
        return wait_for_file(path)

    @app.task("gather")
    async def gather(path: str) -> TaskResult[str, TaskError]:
        """As `wait_for_file`, many at once in a child."""
        _append(f"{path}.begun", os.getpid())
        while not Path(path).exists():  # noqa: ASYNC110, ASYNC240 (a file is what the test can make)
            await asyncio.sleep(0.01)
        return TaskResult(ok=path)

    @app.task("note")
    def note(path: str) -> TaskResult[int, TaskError]:
        """Note the begin and the end of its run."""
        _append(path, "begin")
        time.sleep(0.001)
        _append(path, "end")
        return TaskResult(ok=os.getpid())

    @app.task("beat")
    def beat(path: str) -> TaskResult[int, TaskError]:
        """Note the time, again and again, until `path.end` appears."""
        while not Path(f"{path}.end").exists():
            _append(path, time.time())
            time.sleep(0.005)
        return TaskResult(ok=os.getpid())

    @app.task("my_pid")
    def my_pid() -> TaskResult[int, TaskError]:
        return TaskResult(ok=os.getpid())

    @app.task("wrong_type")
    def wrong_type() -> TaskResult[int, TaskError]:
        return TaskResult(ok="not a number")  # pyright: ignore[reportReturnType]

    @app.task("no_result")
    def no_result() -> TaskResult[int, TaskError]:
        return None  # pyright: ignore[reportReturnType]

    return Workshop(
        app=app,
        add=add,
        greet=greet,
        fail=fail,
        raise_error=raise_error,
        die=die,
        die_and_retry=die_and_retry,
        sleep=sleep,
        nap=nap,
        wait_for_file=wait_for_file,
        wait_or_pass=wait_or_pass,
        wait_and_retry=wait_and_retry,
        gather=gather,
        note=note,
        beat=beat,
        my_pid=my_pid,
        wrong_type=wrong_type,
        no_result=no_result,
        mishaps=define_mishaps(app),
        misconduct=define_misconduct(app),
        limited=define_limited(app),
    )


def _append(path: str, line: object) -> None:
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def _die(how: str) -> TaskResult[int, TaskError]:
    if how == "exit":
        os._exit(7)
    os.kill(os.getpid(), signal.SIGSEGV if how == "segfault" else signal.SIGKILL)
    return TaskResult(ok=0)
