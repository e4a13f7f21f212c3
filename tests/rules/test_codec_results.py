"""A result crosses as {"ok": ...} or {"err": ...}, and a failure can always be stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horsies_core.codec import ResultCodec, ResultDecodeError, ReturnTypeMismatch, decode_untyped, encode_error
from horsies_core.errors import ErrorCode, SerializationError, TaskDefinitionError
from horsies_core.result import ExceptionRecord, LibraryErrorCode, TaskError, TaskResult


@dataclass
class Item:
    price: int


def test_a_success_without_a_value_is_a_success() -> None:
    codec = ResultCodec(None)
    assert codec.encode(TaskResult(ok=None)) == '{"ok":null}'
    assert codec.decode('{"ok":null}').is_ok()


def test_what_an_error_does_not_have_is_not_stored() -> None:
    assert ResultCodec(int).encode(TaskResult(err=TaskError("EMPTY_DATA"))) == '{"err":{"error_code":"EMPTY_DATA"}}'


@pytest.mark.parametrize("ok_type", [int, None, Item, Any])
def test_an_error_comes_back_whatever_the_type_of_ok(ok_type: Any) -> None:
    codec = ResultCodec(ok_type)
    failure: TaskResult[Any, TaskError] = TaskResult(err=TaskError("EMPTY_DATA", "no data", {"rows": [0, 1.5, None]}))
    assert codec.decode(codec.encode(failure)) == failure
    assert decode_untyped(codec.encode(failure)) == failure


def test_a_code_of_the_library_comes_back_as_one() -> None:
    codec = ResultCodec(int)
    library = codec.decode(codec.encode(TaskResult(err=TaskError(LibraryErrorCode.TASK_TIMEOUT)))).unwrap_err()
    own = codec.decode(codec.encode(TaskResult(err=TaskError("MY_CODE")))).unwrap_err()
    assert type(library.error_code) is LibraryErrorCode
    assert type(own.error_code) is str


def test_an_exception_crosses_as_a_record_with_its_causes() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("outer") from inner
    except ValueError as error:
        failure: TaskResult[int, TaskError] = TaskResult(err=TaskError("FAULT", exception=error))
    codec = ResultCodec(int)
    record = codec.decode(codec.encode(failure)).unwrap_err().exception
    assert isinstance(record, ExceptionRecord)
    assert (record.type, record.message) == ("ValueError", "outer")
    assert "raise ValueError" in record.traceback
    assert record.cause is not None
    assert record.cause.type == "KeyError"


@pytest.mark.parametrize(
    ("ok_type", "value", "fault"),
    [
        (int, "5", "ok: expected int, got str '5'"),
        (int, None, "ok: expected int, got None"),
        (None, 5, "ok: expected None, got int 5"),
        (list[Item], [Item(cast("int", "x"))], "ok[0].price: expected int, got str 'x'"),
        (date, "2031-01-01", "ok: expected date, got str '2031-01-01'"),
    ],
)
def test_an_ok_of_another_type_is_a_return_type_mismatch(ok_type: Any, value: Any, fault: str) -> None:
    with pytest.raises(ReturnTypeMismatch) as caught:
        ResultCodec(ok_type).encode(TaskResult(ok=value))
    assert caught.value.message == f"the result is not what the task declares: {fault}"


def test_what_is_no_result_at_all_is_a_return_type_mismatch() -> None:
    with pytest.raises(ReturnTypeMismatch, match="expected TaskResult, got int 5"):
        ResultCodec(int).encode(cast("TaskResult[int]", 5))


@pytest.mark.parametrize(
    ("ok_type", "value", "fault"),
    [
        (float, float("nan"), "ok: nan has no JSON form"),
        (Any, {"a": (1,)}, "ok['a']: tuple is not plain JSON"),
        (str, "x" * 200, "takes 209 bytes as JSON; the limit is 100"),
    ],
)
def test_an_ok_that_cannot_be_stored_is_a_serialization_error(ok_type: Any, value: Any, fault: str) -> None:
    with pytest.raises(SerializationError) as caught:
        ResultCodec(ok_type, max_bytes=100).encode(TaskResult(ok=value))
    assert fault in caught.value.message


def test_error_data_that_is_not_plain_json_is_a_serialization_error() -> None:
    with pytest.raises(SerializationError, match=r"err\.data\['when'\]: date is not plain JSON"):
        ResultCodec(int).encode(TaskResult(err=TaskError("FAULT", data={"when": date(2031, 1, 1)})))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "{}",
        '{"ok":1,"err":{}}',
        '{"ok":"1"}',
        '{"err":[]}',
        '{"err":{"error_code":5}}',
        '{"err":{"exception":"x"}}',
    ],
)
def test_text_that_is_no_such_result_is_a_decode_error(text: str) -> None:
    with pytest.raises(ResultDecodeError):
        ResultCodec(int).decode(text)


def test_a_result_type_that_cannot_be_stored_is_an_error_of_the_definition() -> None:
    with pytest.raises(TaskDefinitionError, match="complex has no JSON form") as caught:
        ResultCodec(complex)
    assert caught.value.code is ErrorCode.TASK_INVALID_RETURN_TYPE


def endless() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "error",
    [
        TaskError("FAULT", data=object()),
        TaskError("FAULT", data=Unprintable()),
        TaskError("FAULT", data={1: (2,)}),
        TaskError("FAULT", data=endless()),
        TaskError("FAULT", data=float("nan")),
        TaskError("FAULT", data=10**5000),
        TaskError("FAULT", message="\ud83d\ude00 \0 \ud800"),
        TaskError("FAULT", message="x" * 17_000_000),
        TaskError("\ud83d\ude00"),
        TaskError("FAULT", exception=ValueError("\ud83d\ude00"), data=object()),
        TaskError("FAULT", exception=ExceptionRecord("\ud83d\ude00", "", "")),
        TaskError("FAULT", exception=ExceptionRecord(cast("str", 5), "", "")),
    ],
)
def test_a_failure_can_always_be_stored(error: TaskError) -> None:
    text = encode_error(error)
    assert "\0" not in text
    assert len(text.encode("utf-8")) < 100_000
    stored = decode_untyped(text).unwrap_err()
    assert stored.error_code == "FAULT" or stored.error_code is not None
    assert stored.message is not None
    assert "kept without data" in stored.message or stored.message == error.message


@settings(deadline=None)
@given(
    st.builds(
        TaskError,
        error_code=st.text(st.characters(categories=None)),
        message=st.text(st.characters(categories=None)),
        data=st.recursive(st.floats() | st.text() | st.binary(), lambda inner: st.lists(inner) | st.tuples(inner)),
    )
)
def test_any_failure_can_be_stored_and_read(error: TaskError) -> None:
    assert decode_untyped(encode_error(error).encode().decode()).is_err()
