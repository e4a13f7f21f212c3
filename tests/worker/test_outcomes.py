"""What a task's end becomes: a value, an error, an exception, or something that is none of them."""

from __future__ import annotations

from typing import Any

import pytest

from horsies import LibraryErrorCode, TaskError, TaskResult
from horsies_core.exception_record import ExceptionRecord
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000


def error_of(result: TaskResult[Any, TaskError]) -> TaskError:
    return result.unwrap_err()


def test_a_value_comes_back_and_the_task_is_completed(crew: Crew) -> None:
    handle = crew.workshop.add.send(2, 3)
    assert handle.get(PATIENCE_MS) == TaskResult(ok=5)
    assert crew.shop.status(handle.task_id) == "COMPLETED"


def test_an_error_that_the_task_returns_comes_back_and_the_task_is_failed(crew: Crew) -> None:
    handle = crew.workshop.fail.send("NO_STOCK")
    assert handle.get(PATIENCE_MS) == TaskResult(err=TaskError("NO_STOCK", "as asked"))
    row = crew.shop.row(handle.task_id)
    assert (row["status"], row["error_code"]) == ("FAILED", "NO_STOCK")


def test_a_raised_exception_is_kept_with_message_traceback_and_cause(crew: Crew) -> None:
    error = error_of(crew.workshop.mishaps.raise_from.send("the second").get(PATIENCE_MS))
    assert (error.error_code, error.message) == (LibraryErrorCode.UNHANDLED_EXCEPTION, "the second")
    record = error.exception
    assert isinstance(record, ExceptionRecord)
    assert (record.type, record.message) == ("ValueError", "the second")
    assert "in raise_from" in record.traceback
    assert record.cause is not None
    assert record.cause.type == "KeyError"
    assert "the first cause" in record.cause.message


def test_an_exception_that_a_coroutine_raises_is_kept_as_well(crew: Crew) -> None:
    error = error_of(crew.workshop.mishaps.raise_kind_async.send("runtime").get(PATIENCE_MS))
    assert (error.error_code, error.message) == (LibraryErrorCode.UNHANDLED_EXCEPTION, "r")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("lookup", "TASK_LOOKUP"),
        pytest.param("key", "TASK_DEFAULT", id="a subclass is not the class"),
        ("arithmetic", "APP_ARITHMETIC"),
        ("runtime", "TASK_DEFAULT"),
    ],
)
def test_the_tasks_exception_mapper_goes_before_the_apps_and_both_before_the_tasks_default(
    crew: Crew, kind: str, code: str
) -> None:
    assert error_of(crew.workshop.mishaps.raise_kind_mapped.send(kind).get(PATIENCE_MS)).error_code == code


@pytest.mark.parametrize(("kind", "code"), [("lookup", "APP_LOOKUP"), ("runtime", "UNHANDLED_EXCEPTION")])
def test_without_a_mapper_of_its_own_a_task_has_the_apps_codes(crew: Crew, kind: str, code: str) -> None:
    assert error_of(crew.workshop.mishaps.raise_kind.send(kind).get(PATIENCE_MS)).error_code == code


def test_a_value_of_another_type_than_declared_is_a_return_type_mismatch(crew: Crew) -> None:
    error = error_of(crew.workshop.wrong_type.send().get(PATIENCE_MS))
    assert error.error_code is LibraryErrorCode.RETURN_TYPE_MISMATCH
    assert error.message is not None
    assert "wrong_type" in error.message


def test_returning_something_else_than_a_result_is_a_task_exception(crew: Crew) -> None:
    error = error_of(crew.workshop.no_result.send().get(PATIENCE_MS))
    assert error.error_code is LibraryErrorCode.TASK_EXCEPTION
    assert error.message == "task 'no_result' returned None instead of a TaskResult"


@pytest.mark.parametrize("args", ["not json", "[]", '{"a":1}', '{"a":1,"b":"two"}', '{"args":["one",2],"kwargs":{}}'])
def test_stored_arguments_that_do_not_fit_the_signature_are_an_argument_decode_error(crew: Crew, args: str) -> None:
    task = crew.shop.enqueue("add", args=args)
    row = eventually(lambda: (row := crew.shop.row(task.id))["finished_at"] and row)
    assert (row["status"], row["error_code"]) == ("FAILED", "ARGUMENT_DECODE_ERROR")


@pytest.mark.parametrize("kind", ["object", "nan", "circle", "explosive"])
@pytest.mark.parametrize("task", ["give_back", "give_back_async"])
def test_a_value_that_cannot_be_stored_is_a_worker_serialization_error(crew: Crew, kind: str, task: str) -> None:
    error = error_of(getattr(crew.workshop.mishaps, task).send(kind).get(PATIENCE_MS))
    assert error.error_code is LibraryErrorCode.WORKER_SERIALIZATION_ERROR


@pytest.mark.parametrize(("kind", "text"), [("nul", "a\0b"), ("surrogate", "a\ud800b")])
def test_text_that_postgresql_does_not_take_comes_back_as_it_was(crew: Crew, kind: str, text: str) -> None:
    assert crew.workshop.mishaps.give_back.send(kind).get(PATIENCE_MS) == TaskResult(ok=text)


@pytest.mark.parametrize("part", ["nul in message", "surrogate in message", "nul in data"])
def test_text_that_postgresql_does_not_take_may_stand_in_an_error(crew: Crew, part: str) -> None:
    assert error_of(crew.workshop.mishaps.fail_with.send(part).get(PATIENCE_MS)).error_code == "ODD"


@pytest.mark.parametrize("part", ["nul in code", "surrogate in code", "object in data"])
def test_an_error_that_cannot_be_stored_ends_its_task_all_the_same(crew: Crew, part: str) -> None:
    handle = crew.workshop.mishaps.fail_with.send(part)
    assert handle.get(PATIENCE_MS).is_err()
    assert crew.shop.status(handle.task_id) == "FAILED"


@pytest.mark.parametrize(
    "kind",
    [
        "system exit",
        "keyboard interrupt",
        "generator exit",
        "cancelled",
        "stop iteration",
        "memory error",
        "recursion",
        "unspeakable",
        "silencing",
        "nul",
        "surrogate",
    ],
)
@pytest.mark.parametrize("task", ["raise_kind", "raise_kind_async"])
def test_the_child_survives_whatever_a_task_raises(crew: Crew, kind: str, task: str) -> None:
    pids = {child.pid for child in crew.worker.children()}
    error = error_of(getattr(crew.workshop.mishaps, task).send(kind).get(PATIENCE_MS))
    assert error.error_code is LibraryErrorCode.UNHANDLED_EXCEPTION
    assert isinstance(error.exception, ExceptionRecord)
    assert {child.pid for child in crew.worker.children()} == pids
