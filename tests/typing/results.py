"""What a user's type checker says of results. Never run; see `sending`."""

from __future__ import annotations

from typing_extensions import assert_type

from horsies import LibraryErrorCode, TaskError, TaskResult


def result() -> TaskResult[int, TaskError]:
    return TaskResult(ok=1)


def each_side_is_seen_after_the_question() -> None:
    it = result()
    assert_type(it.ok, int | None)
    assert_type(it.err, TaskError | None)
    assert_type(it.ok_value, int)
    assert_type(it.err_value, TaskError)
    assert_type(it.unwrap(), int)
    assert_type(it.unwrap_err(), TaskError)
    assert_type(it.unwrap_or(7), int)
    assert_type(it.unwrap_err().error_code, LibraryErrorCode | str | None)


def steps_follow_the_type() -> None:
    assert_type(result().map(str), TaskResult[str, TaskError])
    assert_type(
        result().and_then(lambda number: TaskResult[str, TaskError](ok=str(number))), TaskResult[str, TaskError]
    )


def a_result_of_another_type_is_refused() -> TaskResult[int, TaskError]:
    return TaskResult(ok="one")  # type: ignore[arg-type]  # pyright: ignore[reportReturnType]


def an_exception_is_no_task_error() -> TaskResult[int, TaskError]:
    return TaskResult(err=ValueError())  # type: ignore[arg-type]  # pyright: ignore[reportReturnType, reportUnknownVariableType]
