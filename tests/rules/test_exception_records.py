"""Whatever a task raises can be written down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horsies_core.exception_record import CHAIN_LIMIT, ExceptionRecord
from horsies_core.storable_text import TEXT_LIMIT_BYTES


def raised(exception: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise exception from cause
    except BaseException as caught:  # noqa: BLE001 (any exception is what this is about)
        return caught


def chain_of(record: ExceptionRecord) -> list[ExceptionRecord]:
    return [record, *(chain_of(record.cause) if record.cause else [])]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def fault(_exception: BaseException) -> None:
    raise RuntimeError


class Hostile(Exception):
    """Overrides with a fault everything that a formatter might read."""

    __cause__ = property(fault)  # pyright: ignore[reportAssignmentType]
    __context__ = property(fault)  # pyright: ignore[reportAssignmentType]
    __notes__ = property(fault)
    __traceback__ = property(fault)  # pyright: ignore[reportAssignmentType]

    def __str__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError


def test_a_record_tells_type_message_and_where_it_was_raised() -> None:
    record = ExceptionRecord.of(raised(json.JSONDecodeError("bad", "doc", 0)))

    assert record.type == "json.decoder.JSONDecodeError"
    assert record.message.startswith("bad: line 1")
    assert record.traceback.startswith("Traceback (most recent call last):")
    assert "raise exception from cause" in record.traceback


def test_the_cause_is_recorded_apart_from_what_it_caused() -> None:
    record = ExceptionRecord.of(raised(RuntimeError("outer"), ValueError("inner")))

    assert [(link.type, link.message) for link in chain_of(record)] == [
        ("RuntimeError", "outer"),
        ("ValueError", "inner"),
    ]
    assert "inner" not in record.traceback


def test_what_was_being_handled_counts_as_the_cause_unless_it_was_suppressed() -> None:
    def during(*, suppressed: bool) -> ExceptionRecord:
        try:
            try:
                raise ValueError("first")
            except ValueError:
                if suppressed:
                    raise KeyError("second") from None
                raise KeyError("second")  # noqa: B904 (the context is under test)
        except KeyError as caught:
            return ExceptionRecord.of(caught)

    with_context, without = during(suppressed=False), during(suppressed=True)
    assert with_context.cause is not None
    assert with_context.cause.message == "first"
    assert without.cause is None


def test_a_chain_in_a_circle_is_cut() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert [link.message for link in chain_of(ExceptionRecord.of(first))] == ["first", "second"]


def test_a_long_chain_is_cut() -> None:
    exception: BaseException = ValueError()
    for _ in range(1_000):
        exception = raised(ValueError(), cause=exception)

    assert len(chain_of(ExceptionRecord.of(exception))) == CHAIN_LIMIT + 1


@pytest.mark.parametrize("exception", [Unprintable(), Hostile(), SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_no_exception_is_too_broken_to_be_recorded(exception: BaseException) -> None:
    record = ExceptionRecord.of(raised(exception))

    assert record.type.endswith(type(exception).__qualname__)


def test_an_exception_that_cannot_be_printed_says_why() -> None:
    assert ExceptionRecord.of(Unprintable()).message == "<str() of the exception raised SystemExit>"


def test_a_recursion_without_end_is_recorded_briefly() -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()

    assert len(ExceptionRecord.of(caught.value).traceback) < TEXT_LIMIT_BYTES


@given(st.text(st.characters(), max_size=50), st.sampled_from([1, 5_000]))
def test_every_text_can_be_stored_and_is_bounded(text: str, times: int) -> None:
    record = ExceptionRecord.of(ValueError(text * times))

    for part in (record.message, record.traceback):
        assert len(part.encode("utf-8")) <= TEXT_LIMIT_BYTES
        assert "\0" not in part


def test_a_long_message_keeps_its_beginning_and_a_long_traceback_its_end() -> None:
    record = ExceptionRecord.of(ValueError("begin" + "é" * TEXT_LIMIT_BYTES + "end"))

    assert record.message.startswith("begin")
    assert record.message.endswith("[... cut ...]")
    assert record.traceback.startswith("[... cut ...]")
    assert record.traceback.endswith("end\n")


def test_the_password_of_a_url_is_not_recorded() -> None:
    record = ExceptionRecord.of(ValueError("cannot reach postgresql://user:secret@host/db"))

    assert "secret" not in record.message + record.traceback
    assert "user:***@host" in record.message
