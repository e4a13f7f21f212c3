"""A TaskResult holds exactly one of a value and an error."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from enum import Enum

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from horsies_core.error_codes import LibraryErrorCode, is_error_code, is_user_code
from horsies_core.result import ExceptionRecord, TaskError, TaskResult

FAILURE: TaskResult[int, TaskError] = TaskResult(err=TaskError(error_code="EMPTY_DATA", message="Data cannot be empty"))

values = st.none() | st.integers() | st.text() | st.lists(st.integers())
results = values.map(lambda value: TaskResult(ok=value)) | values.map(
    lambda value: TaskResult(err=TaskError("FAULT", data=value))
)


def next_number(number: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=number + 1)


class TestConstruction:
    def test_none_is_the_value_of_a_success_without_a_value(self) -> None:
        result = TaskResult(ok=None)

        assert result.is_ok()
        assert not result.is_err()
        assert result.ok_value is None
        assert result.unwrap() is None

    def test_neither_side_is_refused(self) -> None:
        with pytest.raises(ValueError, match="exactly one of ok= and err=, and got neither"):
            TaskResult()  # pyright: ignore[reportCallIssue]

    def test_both_sides_are_refused(self) -> None:
        with pytest.raises(ValueError, match="exactly one of ok= and err=, and got both"):
            TaskResult(ok=1, err=TaskError())  # pyright: ignore[reportCallIssue]

    def test_both_sides_are_refused_even_if_both_are_none(self) -> None:
        with pytest.raises(ValueError, match="got both"):
            TaskResult(ok=None, err=None)  # pyright: ignore[reportCallIssue]

    def test_an_error_that_is_none_is_refused(self) -> None:
        with pytest.raises(ValueError, match="says nothing"):
            TaskResult(err=None)

    def test_a_result_does_not_change(self) -> None:
        with pytest.raises(FrozenInstanceError):
            TaskResult(ok=1).ok = 2  # pyright: ignore[reportAttributeAccessIssue]

    def test_a_result_has_no_room_for_other_attributes(self) -> None:
        assert not hasattr(TaskResult(ok=1), "__dict__")
        assert not hasattr(TaskError(), "__dict__")


class TestReading:
    def test_the_other_side_reads_as_none(self) -> None:
        assert TaskResult(ok=1).err is None
        assert FAILURE.ok is None

    @pytest.mark.parametrize("read", [lambda r: r.ok_value, lambda r: r.unwrap()])
    def test_the_value_of_a_failure_is_refused_with_its_error_in_the_message(
        self, read: Callable[[TaskResult[int, TaskError]], int]
    ) -> None:
        with pytest.raises(ValueError, match=r"EMPTY_DATA.*Data cannot be empty"):
            read(FAILURE)

    @pytest.mark.parametrize("read", [lambda r: r.err_value, lambda r: r.unwrap_err()])
    def test_the_error_of_a_success_is_refused(self, read: Callable[[TaskResult[int, TaskError]], TaskError]) -> None:
        with pytest.raises(ValueError, match="this result is a success"):
            read(TaskResult(ok=1))

    def test_unwrapping_a_failure_shows_the_exception_behind_it_as_the_cause(self) -> None:
        origin = ZeroDivisionError("division by zero")

        with pytest.raises(ValueError, match="this result is a failure") as caught:
            TaskResult(err=TaskError("BAD_SUM", exception=origin)).unwrap()

        assert caught.value.__cause__ is origin

    def test_unwrap_or_gives_the_default_only_for_a_failure(self) -> None:
        assert FAILURE.unwrap_or(0) == 0
        assert TaskResult(ok=None).unwrap_or(0) is None

    def test_patterns_tell_the_two_sides_apart(self) -> None:
        def tell(result: TaskResult[int | None, TaskError]) -> str:
            match result:
                case TaskResult(err=TaskError(error_code="EMPTY_DATA")):
                    return "empty"
                case TaskResult(err=TaskError(error_code=LibraryErrorCode.TASK_TIMEOUT)):
                    return "late"
                case TaskResult(err=TaskError() as error):
                    return f"failed: {error.message}"
                case TaskResult(ok=value):
                    return f"value: {value}"

        assert tell(FAILURE) == "empty"
        assert tell(TaskResult(err=TaskError("TASK_TIMEOUT"))) == "late"
        assert tell(TaskResult(err=TaskError(message="no code"))) == "failed: no code"
        assert tell(TaskResult(ok=None)) == "value: None"

    def test_patterns_may_go_by_position_value_first(self) -> None:
        match TaskResult(ok=5):
            case TaskResult(value, None):
                assert value == 5
            case _:
                pytest.fail("a success matches (value, None)")


class TestAlgebra:
    @given(results)
    def test_mapping_the_identity_changes_nothing(self, result: TaskResult[object, TaskError]) -> None:
        assert result.map(lambda value: value) == result

    @given(st.integers())
    def test_mapping_twice_is_mapping_the_composition(self, number: int) -> None:
        start = TaskResult(ok=number)

        assert start.map(lambda n: n + 1).map(str) == start.map(lambda n: str(n + 1))

    @given(st.integers())
    def test_and_then_on_a_success_is_the_call_itself(self, number: int) -> None:
        assert TaskResult(ok=number).and_then(next_number) == next_number(number)

    @given(results)
    def test_and_then_with_the_constructor_changes_nothing(self, result: TaskResult[object, TaskError]) -> None:
        assert result.and_then(lambda value: TaskResult(ok=value)) == result

    def test_a_failure_passes_through_and_calls_nothing(self) -> None:
        def never(_number: int) -> TaskResult[int, TaskError]:
            pytest.fail("called on a failure")

        assert FAILURE.map(never) == FAILURE
        assert FAILURE.and_then(never) == FAILURE


class TestValueSemantics:
    @given(values)
    def test_equal_content_makes_equal_results(self, value: object) -> None:
        assert TaskResult(ok=value) == TaskResult(ok=copy.deepcopy(value))

    @given(values)
    def test_a_success_never_equals_a_failure(self, value: object) -> None:
        assert TaskResult(ok=value) != TaskResult(err=value if value is not None else TaskError())

    def test_equal_results_of_hashable_content_are_one_in_a_set(self) -> None:
        assert len({TaskResult(ok=1), TaskResult(ok=1), FAILURE, FAILURE}) == 2

    def test_an_error_is_hashable_whatever_its_data(self) -> None:
        assert len({TaskError("A", data={"k": [1]}), TaskError("A", data={"k": [1]})}) == 1

    @given(results)
    def test_a_result_survives_pickling_and_copying(self, result: TaskResult[object, TaskError]) -> None:
        assert pickle.loads(pickle.dumps(result)) == result
        assert copy.deepcopy(result) == result

    def test_the_repr_reads_as_it_is_written(self) -> None:
        assert repr(TaskResult(ok=5)) == "TaskResult(ok=5)"
        assert repr(FAILURE) == ("TaskResult(err=TaskError(error_code='EMPTY_DATA', message='Data cannot be empty'))")


class TestErrorCodes:
    def test_the_text_of_a_library_code_becomes_the_code(self) -> None:
        assert TaskError("TASK_TIMEOUT").error_code is LibraryErrorCode.TASK_TIMEOUT

    def test_a_users_code_stays_as_it_is(self) -> None:
        assert TaskError("EMPTY_DATA").error_code == "EMPTY_DATA"

    def test_a_users_enum_counts_by_its_text(self) -> None:
        class Codes(str, Enum):
            DECLINED = "DECLINED"

        assert repr(TaskError(Codes.DECLINED)) == "TaskError(error_code='DECLINED')"

    def test_a_library_code_equals_and_prints_as_its_text(self) -> None:
        assert LibraryErrorCode.WAIT_TIMEOUT == "WAIT_TIMEOUT"
        assert f"{LibraryErrorCode.WAIT_TIMEOUT}" == "WAIT_TIMEOUT"
        assert all(code.name == code.value and is_error_code(code.value) for code in LibraryErrorCode)

    @pytest.mark.parametrize("code", ["A", "EMPTY_DATA", "HTTP_404", "E2E_TEST"])
    def test_upper_snake_case_is_a_users_code(self, code: str) -> None:
        assert is_user_code(code)

    @pytest.mark.parametrize("code", ["", "empty", "Empty", "_A", "A_", "A__B", "4XX", "A-B", "A B", "A\n", "É"])
    def test_anything_else_is_no_code(self, code: str) -> None:
        assert not is_error_code(code)
        assert not is_user_code(code)

    def test_a_library_code_is_not_a_users(self) -> None:
        assert not any(is_user_code(code.value) for code in LibraryErrorCode)


class TestWhatAnErrorRefuses:
    def test_a_code_that_is_no_text_is_refused_where_it_is_written(self) -> None:
        with pytest.raises(TypeError, match="error_code must be a str"):
            TaskError(404)  # pyright: ignore[reportArgumentType]

    def test_a_message_that_is_no_text_is_refused_where_it_is_written(self) -> None:
        with pytest.raises(TypeError, match="message must be a str or None, not ValueError"):
            TaskError("X", message=ValueError("x"))  # pyright: ignore[reportArgumentType]

    def test_an_exception_that_is_none_is_refused_where_it_is_written(self) -> None:
        with pytest.raises(TypeError, match="exception must be an exception or None, not str"):
            TaskError("X", exception="boom")  # pyright: ignore[reportArgumentType]


class TestLeavingTheProcess:
    def test_a_portable_error_carries_a_record_and_is_otherwise_the_same(self) -> None:
        error = TaskError("BAD_SUM", "message", data={"a": 1}, exception=ZeroDivisionError("zero")).portable()

        assert (error.error_code, error.message, error.data) == ("BAD_SUM", "message", {"a": 1})
        assert error.exception == ExceptionRecord("ZeroDivisionError", "zero", "ZeroDivisionError: zero\n")

    def test_an_error_without_an_exception_is_portable_as_it_is(self) -> None:
        error = TaskError("EMPTY_DATA")

        assert error.portable() is error
