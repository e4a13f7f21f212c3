"""A declaration is checked where it stands: every fault at once, with its code and its place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from horsies_core.config import AppConfig, CustomQueueConfig, PostgresConfig, QueueMode
from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import (
    ConfigurationError,
    ErrorCode,
    HorsiesError,
    MultipleValidationErrors,
    TaskDefinitionError,
)
from horsies_core.result import TaskError, TaskResult
from horsies_core.retry import RetryPolicy
from horsies_core.task_definition import TaskDefinition, define

if TYPE_CHECKING:
    from fractions import Fraction

BROKER = PostgresConfig(database_url="postgresql://localhost/unused")
ONE_QUEUE = AppConfig(broker=BROKER)
THREE_QUEUES = AppConfig(
    broker=BROKER,
    queue_mode=QueueMode.CUSTOM,
    custom_queues=[CustomQueueConfig(name) for name in ("critical", "normal", "low")],
)
POLICY = RetryPolicy.fixed([1, 2], auto_retry_for=["UNHANDLED_EXCEPTION"])


def add_numbers(a: int, b: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


async def add_slowly(a: int, b: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


def without_annotation(a: int):  # type: ignore[no-untyped-def]
    return TaskResult(ok=a)


def returning_int() -> int:
    return 1


def returning_ints() -> list[int]:
    return []


def returning_nothing() -> None: ...


def returning_bare_result() -> TaskResult:  # type: ignore[type-arg]
    return TaskResult(ok=1)


def returning_other_error() -> TaskResult[int, str]:
    return TaskResult(err="no")


def returning_unknown() -> TaskResult[Fraction, TaskError]: ...  # type: ignore[empty-body]


def defined(fn: Callable[..., Any] = add_numbers, **options: Any) -> TaskDefinition:
    options.setdefault("config", ONE_QUEUE)
    options.setdefault("name", "a_task")
    return define(fn, **options)


def fault_of(fn: Callable[..., Any] = add_numbers, **options: Any) -> HorsiesError:
    with pytest.raises(HorsiesError) as caught:
        defined(fn, **options)
    return caught.value


class TestWhatIsKnown:
    def test_a_task_without_options_has_the_defaults(self) -> None:
        task = defined()
        assert (task.name, task.queue_name, task.priority) == ("a_task", "default", 50)
        assert task.retry_policy is task.retry_policy_text is task.good_until is task.timeout_ms is None
        assert not task.is_async
        assert task.ok_type is int
        assert task.where is not None
        assert task.where.file == __file__

    def test_options_are_kept(self) -> None:
        until = datetime(2031, 1, 1, tzinfo=timezone.utc)
        task = defined(
            config=THREE_QUEUES,
            queue_name="low",
            priority=1,
            retry_policy=POLICY,
            good_until=until,
            timeout_ms=1,
            exception_mapper={KeyError: "NO_KEY"},
            default_unhandled_error_code="BROKEN",
        )
        assert (task.queue_name, task.priority, task.good_until, task.timeout_ms) == ("low", 1, until, 1)
        assert task.exception_mapper == {KeyError: "NO_KEY"}
        assert task.default_unhandled_error_code == "BROKEN"
        assert task.retry_policy_text is not None
        assert RetryPolicy.from_json(task.retry_policy_text) == POLICY

    def test_the_default_name_is_module_and_qualname(self) -> None:
        assert defined(name=None).name == f"{__name__}.add_numbers"

    def test_a_function_of_the_main_program_is_named_after_its_file(self, tmp_path: Path) -> None:
        program = tmp_path / "jobs.py"
        program.write_text(
            "from horsies_core.task_definition import importable_module\n"
            "def a_task(): ...\n"
            "print(importable_module(a_task))\n"
        )
        for command in ([str(program)], ["-m", "jobs"]):
            ran = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=True)
            assert ran.stdout == "jobs\n"

    def test_async_functions_are_known_as_such(self) -> None:
        assert defined(add_slowly).is_async

    def test_it_encodes_its_arguments_and_results(self) -> None:
        task = defined()
        args, kwargs = task.arguments.decode(task.arguments.encode((1,), {"b": 2}))
        assert task.results.encode(add_numbers(*args, **kwargs)) == '{"ok":3}'

    def test_classes_of_parameters_may_be_defined_after_the_task(self) -> None:
        task = defined(takes_a_later_class)
        assert task.arguments.encode((Later(),), {}) == '{"value":{}}'

    def test_a_parameter_that_cannot_be_stored_is_shown_with_its_place(self) -> None:
        def takes_complex(value: complex) -> TaskResult[None, TaskError]: ...  # type: ignore[empty-body]

        with pytest.raises(TaskDefinitionError, match="value: complex has no JSON form") as caught:
            _ = defined(takes_complex).arguments
        assert caught.value.where is not None


def takes_a_later_class(value: Later) -> TaskResult[None, TaskError]:
    return TaskResult(ok=None)


@frozen
class Later:
    pass


class TestReturnAnnotation:
    def test_a_missing_one_is_e100(self) -> None:
        fault = fault_of(without_annotation)
        assert isinstance(fault, TaskDefinitionError)
        assert isinstance(fault, TypeError)
        assert fault.code is ErrorCode.TASK_NO_RETURN_TYPE
        assert "def without_annotation" in fault.render()

    @pytest.mark.parametrize(
        ("fn", "shown"),
        [
            (returning_int, "int"),
            (returning_ints, "list[int]"),
            (returning_nothing, "None"),
            (returning_bare_result, "TaskResult"),
            (returning_other_error, "TaskResult[int, str]"),
        ],
    )
    def test_another_one_is_e101_and_shown(self, fn: Callable[..., Any], shown: str) -> None:
        fault = fault_of(fn)
        assert isinstance(fault, TaskDefinitionError)
        assert fault.code is ErrorCode.TASK_INVALID_RETURN_TYPE
        assert fault.message == f"task 'a_task' returns {shown}, not TaskResult[..., TaskError]"

    def test_a_name_known_only_to_type_checkers_is_e101_and_named(self) -> None:
        fault = fault_of(returning_unknown)
        assert fault.code is ErrorCode.TASK_INVALID_RETURN_TYPE
        assert "'TaskResult[Fraction, TaskError]' of 'return' cannot be resolved" in fault.message
        assert "Fraction" in fault.message


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "code", "fault"),
        [
            ({"name": ""}, ErrorCode.TASK_INVALID_OPTIONS, "the name '' cannot be"),
            ({"name": "two words"}, ErrorCode.TASK_INVALID_OPTIONS, "the name 'two words' cannot be"),
            ({"name": "a\n"}, ErrorCode.TASK_INVALID_OPTIONS, r"the name 'a\n' cannot be"),
            ({"name": "x" * 129}, ErrorCode.TASK_INVALID_OPTIONS, "cannot be the name"),
            ({"name": 5}, ErrorCode.TASK_INVALID_OPTIONS, "the name 5 cannot be"),
            ({"priority": 0}, ErrorCode.TASK_INVALID_OPTIONS, "priority must be an integer from 1 to 100, not 0"),
            ({"priority": 101}, ErrorCode.TASK_INVALID_OPTIONS, "priority must be"),
            ({"priority": True}, ErrorCode.TASK_INVALID_OPTIONS, "priority must be"),
            ({"timeout_ms": 0}, ErrorCode.TASK_INVALID_OPTIONS, "timeout_ms must be an integer"),
            ({"timeout_ms": 1.5}, ErrorCode.TASK_INVALID_OPTIONS, "timeout_ms must be an integer"),
            ({"good_until": datetime(2031, 1, 1)}, ErrorCode.TASK_INVALID_OPTIONS, "no time zone"),  # noqa: DTZ001
            ({"good_until": "2031"}, ErrorCode.TASK_INVALID_OPTIONS, "good_until must be a datetime, not str"),
            ({"retry_policy": 3}, ErrorCode.TASK_INVALID_OPTIONS, "retry_policy must be a RetryPolicy, not int"),
            (
                {"exception_mapper": {KeyError: "TASK_TIMEOUT"}},
                ErrorCode.CONFIG_INVALID_EXCEPTION_MAPPER,
                "which the library uses itself",
            ),
            (
                {"default_unhandled_error_code": "lower"},
                ErrorCode.CONFIG_INVALID_EXCEPTION_MAPPER,
                "which is not in UPPER_SNAKE_CASE",
            ),
            ({"queue_name": "low"}, ErrorCode.TASK_INVALID_QUEUE, "the app has only the queue 'default'"),
            ({"config": THREE_QUEUES}, ErrorCode.TASK_INVALID_QUEUE, "no queue_name"),
            (
                {"config": THREE_QUEUES, "queue_name": "nonexistent"},
                ErrorCode.TASK_INVALID_QUEUE,
                "unknown queue 'nonexistent'",
            ),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, options: dict[str, Any], code: ErrorCode, fault: str) -> None:
        error = fault_of(**options)
        assert isinstance(error, ConfigurationError)
        assert error.code is code
        assert fault in error.message

    def test_an_unknown_queue_is_shown_with_those_that_there_are(self) -> None:
        error = fault_of(config=THREE_QUEUES, queue_name="nonexistent")
        assert error.notes == ("configured queues: critical, normal, low",)
        assert error.help is not None
        assert 'CustomQueueConfig(name="nonexistent")' in error.help

    def test_a_local_function_needs_a_name(self) -> None:
        def local() -> TaskResult[None, TaskError]:
            return TaskResult(ok=None)

        error = fault_of(local, name=None)
        assert error.code is ErrorCode.TASK_INVALID_OPTIONS
        assert error.help == 'give the task a name: @app.task("my_task")'

    def test_all_faults_are_reported_together(self) -> None:
        error = fault_of(returning_int, priority=0, timeout_ms=-1, config=THREE_QUEUES, queue_name="x")
        assert isinstance(error, MultipleValidationErrors)
        assert [fault.code for fault in error.errors] == [
            ErrorCode.TASK_INVALID_RETURN_TYPE,
            ErrorCode.TASK_INVALID_QUEUE,
            ErrorCode.TASK_INVALID_OPTIONS,
            ErrorCode.TASK_INVALID_OPTIONS,
        ]

    def test_the_fault_of_an_option_is_shown_where_the_options_stand(self) -> None:
        declared_at = SourceLocation(__file__, 12)
        error = fault_of(add_numbers, priority=0, where=declared_at)
        assert error.where == declared_at
