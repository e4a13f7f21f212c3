"""Whatever the annotation names comes back equal and of the same type, as an argument and as a result."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypeVar, Union
from uuid import UUID

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import NotRequired, Required, TypeAliasType, TypedDict

from horsies_core.codec import ArgumentsCodec, ResultCodec
from horsies_core.result import ExceptionRecord, TaskError, TaskResult

T = TypeVar("T")
K = TypeVar("K")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Shade(str, enum.Enum):
    DARK = "dark"


class Mixed(enum.Enum):
    NUMBER = 1
    PAIR = (1, 2)


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


@dataclass(frozen=True)
class Item:
    price: Decimal
    note: str | None = None


@dataclass
class Order:
    id: UUID
    items: list[Item]
    placed: datetime
    tags: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    parent: Order | None = None
    total: int = field(init=False, default=0)


@attrs.frozen
class Point:
    x: float
    _y: int = 0


@attrs.define
class Box(Generic[T]):
    content: T


@attrs.define
class Shelf(Box[int], Generic[T]):
    label: T


@dataclass
class Pair(Generic[K, T]):
    first: K
    second: list[T]


class Place(NamedTuple):
    name: str
    where: Point = Point(0.0)


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Sequel(Movie, total=False):
    number: Required[int]
    seen: date


UserId = NewType("UserId", int)
Tree = TypeAliasType("Tree", dict[str, "Tree"] | list["Tree"] | int)
Row = TypeAliasType("Row", tuple[int, str])

ZONES = st.sampled_from([timezone.utc, timezone(timedelta(hours=-3, seconds=7))])
# `fold` is not kept: it is no part of equality, and the offset says the same.
MOMENTS = st.datetimes().map(lambda moment: moment.replace(fold=0))
INSTANTS = MOMENTS | st.builds(datetime.replace, MOMENTS, tzinfo=ZONES)
DECIMALS = st.decimals(allow_nan=False)
ITEMS = st.builds(Item, price=DECIMALS, note=st.none() | st.text())
POINTS = st.builds(Point, x=st.floats(allow_nan=False, allow_infinity=False), y=st.integers())
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TREES = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def orders(draw: st.DrawFn, *, with_parent: bool = True) -> Order:
    return Order(
        id=draw(st.uuids()),
        items=draw(st.lists(ITEMS, max_size=3)),
        placed=draw(INSTANTS),
        tags=draw(st.dictionaries(st.integers(), st.sets(st.text(), max_size=2), max_size=2)),
        parent=draw(st.none() | orders(with_parent=False)) if with_parent else None,
    )


CASES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (None, st.none()),
    (bool, st.booleans()),
    (int, st.integers()),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (str, st.text()),
    (bytes, st.binary()),
    (datetime, INSTANTS),
    (date, st.dates()),
    (time, st.times().map(lambda moment: moment.replace(fold=0))),
    (timedelta, st.timedeltas()),
    (UUID, st.uuids()),
    (Decimal, DECIMALS),
    (Path, st.sampled_from([Path("a/b"), Path("/"), Path()])),
    (PurePosixPath, st.just(PurePosixPath("a"))),
    (Color, st.sampled_from(Color)),
    (Level, st.sampled_from(Level)),
    (Shade, st.sampled_from(Shade)),
    (Mixed, st.sampled_from(Mixed)),
    (Rights, st.sampled_from([Rights.READ, Rights.READ | Rights.WRITE, Rights(0)])),
    (Literal["a", 1, True, Color.RED] | None, st.sampled_from(["a", 1, True, None, Color.RED])),
    (Any, PLAIN),
    (object, PLAIN),
    (dict, st.dictionaries(st.text(), PLAIN, max_size=3)),
    (list, st.lists(PLAIN, max_size=3)),
    (tuple, st.lists(PLAIN, max_size=3).map(tuple)),
    (set, st.sets(st.text() | st.integers())),
    (list[int], st.lists(st.integers())),
    (Sequence[int], st.lists(st.integers())),
    (set[UUID], st.sets(st.uuids())),
    (frozenset[date], st.frozensets(st.dates())),
    (tuple[int, str, Color], st.tuples(st.integers(), st.text(), st.sampled_from(Color))),
    (tuple[date, ...], st.lists(st.dates()).map(tuple)),
    (tuple[()], st.just(())),
    (dict[str, int], st.dictionaries(st.text(), st.integers())),
    (dict[int, str], st.dictionaries(st.integers(), st.text())),
    (dict[UUID, Item], st.dictionaries(st.uuids(), ITEMS, max_size=3)),
    (dict[Color, int], st.dictionaries(st.sampled_from(Color), st.integers())),
    (dict[Level, int], st.dictionaries(st.sampled_from(Level), st.integers())),
    (dict[tuple[int, str], bool], st.dictionaries(st.tuples(st.integers(), st.text()), st.booleans())),
    (dict[int | str, int], st.dictionaries(st.integers() | st.text(), st.integers())),
    (dict[str | None, int], st.dictionaries(st.none() | st.text(), st.integers())),
    (dict[float, int], st.dictionaries(st.floats(allow_nan=False, allow_infinity=False), st.integers())),
    (dict[bool, int], st.dictionaries(st.booleans(), st.integers())),
    (dict[datetime, int], st.dictionaries(MOMENTS, st.integers())),
    (Mapping[Item, int], st.dictionaries(ITEMS, st.integers(), max_size=3)),
    (OrderedDict[int, int], st.dictionaries(st.integers(), st.integers()).map(OrderedDict)),
    (Order, orders()),
    (Point, POINTS),
    (Box[Item], st.builds(Box, ITEMS)),
    (Box[list[Box[int]]], st.builds(Box, st.lists(st.builds(Box, st.integers()), max_size=3))),
    (Shelf[date], st.builds(Shelf, st.integers(), st.dates())),
    (Pair[UUID, bytes], st.builds(Pair, st.uuids(), st.lists(st.binary(), max_size=3))),
    (Box, st.builds(Box, PLAIN)),
    (Place, st.builds(Place, st.text(), POINTS)),
    (Movie, st.fixed_dictionaries({"title": st.text()}, optional={"year": st.integers()})),
    (
        Sequel,
        st.fixed_dictionaries(
            {"title": st.text(), "number": st.integers()}, optional={"seen": st.dates(), "year": st.integers()}
        ),
    ),
    (UserId, st.integers()),
    (Annotated[int, "of euros"], st.integers()),
    (Row, st.tuples(st.integers(), st.text())),
    (Tree, TREES),
    (int | None, st.none() | st.integers()),
    (Optional[Order], st.none() | orders()),  # noqa: UP045 (users write this)
    (Any | None, PLAIN),
    (int | float | bool | str | None, st.none() | st.integers() | st.floats(-1, 1) | st.booleans() | st.text()),
    (str | date | datetime, st.text() | st.dates() | MOMENTS),
    (Union[Item, Point, None], st.none() | ITEMS | POINTS),  # noqa: UP007 (users write this)
    (list[int] | list[str] | int, st.lists(st.integers()) | st.lists(st.text()) | st.integers()),
    (dict[str, int] | Item, st.dictionaries(st.text(), st.integers()) | ITEMS),
    (Shade | str, st.sampled_from(Shade) | st.text()),
    (list[Item | None], st.lists(st.none() | ITEMS, max_size=3)),
    (TaskResult[date, TaskError], st.dates().map(lambda day: TaskResult(ok=day))),
    (
        TaskError,
        st.builds(
            TaskError,
            error_code=st.sampled_from(["EMPTY", "TASK_TIMEOUT", None]),
            message=st.none() | st.text(),
            data=PLAIN,
            exception=st.none() | st.just(ExceptionRecord("ValueError", "no", "", ExceptionRecord("OSError", "", ""))),
        ),
    ),
]


def same(one: object, other: object) -> bool:
    """Equal, and of the same types all the way down, where equality alone would take 1 for True and 1.0."""
    # The repr tells 1 from True; that of a set depends on its history.
    return type(one) is type(other) and one == other and (repr(one) == repr(other) or "{" in repr(one))


@pytest.mark.parametrize(("annotation", "values"), CASES, ids=[str(annotation) for annotation, _ in CASES])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_an_argument_comes_back_as_it_was(annotation: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    codec = codec_for(annotation)
    value = data.draw(values)
    args, kwargs = codec.decode(storable(codec.encode((value,), {})))
    assert args == ()
    assert same(kwargs["value"], value)


@pytest.mark.parametrize(("annotation", "values"), CASES, ids=[str(annotation) for annotation, _ in CASES])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_result_comes_back_as_it_was(annotation: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    codec = ResultCodec(annotation)
    value = data.draw(values)
    result = codec.decode(storable(codec.encode(TaskResult(ok=value))))
    assert result.is_ok()
    assert same(result.ok_value, value)


def codec_for(annotation: Any) -> ArgumentsCodec:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    return ArgumentsCodec.for_function(function, "a_task")


def storable(text: str) -> str:
    """What PostgreSQL accepts in a text column."""
    assert "\0" not in text
    return text.encode("utf-8").decode("utf-8")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\udfff\ud800", "é\ud83d", "\U0001f600", "\x7f\u2028"])
@pytest.mark.parametrize("annotation", [str, Any, dict[str, str], Path])
def test_nul_and_lone_surrogates_come_back(text: str, annotation: Any) -> None:
    value = {text: text} if annotation == dict[str, str] else Path(text) if annotation is Path else text
    codec = codec_for(annotation)
    assert codec.decode(storable(codec.encode((value,), {}))) == ((), {"value": value})


def test_an_int_will_do_for_a_float() -> None:
    codec = codec_for(float)
    (_, kwargs) = codec.decode(codec.encode((1,), {}))
    assert type(kwargs["value"]) is float
    assert codec.decode('{"value":1}') == ((), {"value": 1.0})


def test_minus_zero_and_the_extremes_of_floats_come_back() -> None:
    codec = codec_for(list[float])
    extremes = [-0.0, 5e-324, 1.7976931348623157e308]
    (_, kwargs) = codec.decode(codec.encode((extremes,), {}))
    assert kwargs["value"] == extremes
    assert math.copysign(1, kwargs["value"][0]) == -1


def test_a_dict_that_looks_like_a_tag_is_only_a_dict() -> None:
    codec = codec_for(dict[str, int] | Item)
    for value in ({"Item": 1}, {"dict[str, int]": 1}, {}):
        assert codec.decode(codec.encode((value,), {})) == ((), {"value": value})


def test_a_time_of_another_language_is_read() -> None:
    codec = codec_for(datetime)
    (_, kwargs) = codec.decode('{"value":"2031-01-02T03:04:05Z"}')
    assert kwargs["value"] == datetime(2031, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_a_field_that_the_class_no_longer_has_is_passed_over() -> None:
    codec = codec_for(Item)
    assert codec.decode('{"value":{"price":"1","gone":2}}') == ((), {"value": Item(Decimal(1))})
