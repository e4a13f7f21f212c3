"""What a user's type checker says of handles, of waiting, and of the task that runs. Never run; see `sending`."""

from __future__ import annotations

from typing_extensions import assert_type

from horsies import (
    AppConfig,
    AttemptInfo,
    CurrentTask,
    Horsies,
    TaskError,
    TaskHandle,
    TaskInfo,
    TaskResult,
    TaskStatus,
    as_completed,
    as_completed_async,
    current_task,
    wait_all,
    wait_all_async,
)

app = Horsies(AppConfig())


@app.task("add")
def add(a: int, b: int = 0) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


@app.task("greet")
async def greet(name: str) -> TaskResult[str, TaskError]:
    return TaskResult(ok=name)


def a_handle_from_an_id_reads_results_as_the_task_gives_them() -> None:
    assert_type(app.handle(add, "018f0000-0000-7000-8000-000000000000"), TaskHandle[int])
    assert_type(app.handle(greet.with_options(priority=1), "018f0000-0000-7000-8000-000000000000"), TaskHandle[str])
    app.handle(add)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    app.handle("add", "018f0000-0000-7000-8000-000000000000")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    app.handle(add, 7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def a_handle_tells_of_its_task(handle: TaskHandle[int]) -> None:
    assert_type(handle.task_id, str)
    assert_type(handle.status(), TaskStatus | None)
    assert_type(await handle.status_async(), TaskStatus | None)
    assert_type(handle.cancel(), bool)
    assert_type(handle.cancel(force=True), bool)
    assert_type(await handle.cancel_async(force=True), bool)
    assert_type(handle.info(), TaskInfo | None)
    assert_type(await handle.info_async(include_result=True, include_failed_reason=True), TaskInfo | None)
    handle.cancel(True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    handle.info(result=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    handle.get("100")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def info_may_be_missing_and_says_so(handle: TaskHandle[int]) -> None:
    print(handle.info().status)  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    info = handle.info()
    if info is not None:
        assert_type(info.status, TaskStatus)
        assert_type(info.status.is_terminal, bool)
        assert_type(info.result, TaskResult[object, TaskError] | None)
        assert_type(info.failed_reason, str | None)
        assert_type(info.attempts[0], AttemptInfo)
        assert_type(info.attempts[0].number, int)


async def waiting_for_many_keeps_their_type(handles: list[TaskHandle[int]]) -> None:
    assert_type(wait_all(handles), list[TaskResult[int, TaskError]])
    assert_type(wait_all(handles, timeout_ms=100)[0].unwrap(), int)
    assert_type(await wait_all_async(handles, 100), list[TaskResult[int, TaskError]])
    for handle, result in as_completed(handles, timeout_ms=100):
        assert_type(handle, TaskHandle[int])
        assert_type(result, TaskResult[int, TaskError])
    async for handle, result in as_completed_async(handles):
        assert_type(handle, TaskHandle[int])
        assert_type(result, TaskResult[int, TaskError])
    wait_all(handles[0])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wait_all(["018f0000-0000-7000-8000-000000000000"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wait_all(handles, timeout_ms="100")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def handles_of_several_tasks_are_waited_for_together() -> None:
    results = wait_all([add.send(1), greet.send("Ann")])
    results[0].unwrap() + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    for handle, result in as_completed([add.send(1), greet.send("Ann")]):
        print(handle.task_id, result.is_ok())


def a_task_knows_itself() -> None:
    task = current_task()
    assert_type(task, CurrentTask)
    assert_type((task.id, task.name, task.attempt, task.queue), tuple[str, str, int, str])
    assert_type(task.cancelled, bool)
    assert_type(task.deadline, float | None)
    assert_type(task.seconds_left(), float | None)
    current_task("add")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
