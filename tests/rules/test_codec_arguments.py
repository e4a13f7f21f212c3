"""Arguments are matched to the signature at once, and what is wrong is said with the task and the path to it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

import attrs
import pytest

from horsies_core.codec import ArgumentDecodeError, ArgumentsCodec
from horsies_core.errors import HorsiesError, SerializationError, TaskDefinitionError

if TYPE_CHECKING:
    from fractions import Fraction


class Color(str, enum.Enum):
    RED = "red"


@dataclass
class Item:
    price: Decimal


ITEM_OF_STR = Item(cast("Decimal", "x"))


@dataclass
class SpecialItem(Item):
    reason: str


@dataclass
class Order:
    items: list[Item]


@dataclass
class Node:
    child: Node | None = None


class Movie(TypedDict):
    title: str


@attrs.frozen
class Positive:
    number: int

    def __attrs_post_init__(self) -> None:
        if self.number <= 0:
            raise ValueError(f"{self.number} is not positive")


@dataclass
class Branch:
    twigs: list["Branch"]  # noqa: UP037 (users write this)
    named: dict[str, list["Branch"] | None] = field(default_factory=dict[str, Any])  # noqa: UP037 (as above)


@dataclass
class Unresolved:
    part: Fraction


class Email(str):
    __slots__ = ()


@dataclass
class WithInitVar:
    seed: InitVar[int]


@dataclass
class Holder:
    items: list[dict[str, socket]]


def add_numbers(a: int, b: int) -> None: ...


def place(order: Order, *, express: bool = False) -> None: ...


def gather(first: int, /, second: int = 2, *rest: int, flag: bool = False, **named: str) -> tuple[Any, ...]:
    return first, second, rest, flag, named


def plain(value) -> None: ...  # type: ignore[no-untyped-def]


def codec(function: Callable[..., object], **options: Any) -> ArgumentsCodec:
    return ArgumentsCodec.for_function(function, function.__name__, **options)


def codec_for(annotation: Any, **options: Any) -> ArgumentsCodec:
    def a_task(value: Any) -> None: ...

    a_task.__annotations__["value"] = annotation
    return codec(a_task, **options)


class TestBinding:
    @pytest.mark.parametrize(
        ("args", "kwargs", "fault"),
        [
            ((1,), {}, "missing argument 'b'"),
            ((), {"b": 1}, "missing argument 'a'"),
            ((1, 2), {"c": 3}, "unexpected argument 'c'"),
            ((1, 2, 3), {}, "takes 2 positional arguments, got 3"),
            ((1, 2), {"a": 3}, "argument 'a' given twice"),
        ],
    )
    def test_a_call_that_does_not_match_is_a_type_error(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], fault: str
    ) -> None:
        with pytest.raises(TypeError) as caught:
            codec(add_numbers).encode(args, kwargs)
        assert str(caught.value) == f"task 'add_numbers': {fault}"

    def test_arguments_are_stored_by_name(self) -> None:
        assert codec(add_numbers).encode((1,), {"b": 2}) == '{"a":1,"b":2}'

    def test_defaults_are_not_stored(self) -> None:
        order = Order([])
        assert codec(place).encode((order,), {}) == '{"order":{"items":[]}}'
        assert codec(place).decode('{"order":{"items":[]}}') == ((), {"order": order})

    @pytest.mark.parametrize(
        ("args", "kwargs"),
        [
            ((1,), {}),
            ((1, 5), {}),
            ((1, 5, 6, 7), {"flag": True}),
            ((1,), {"second": 3, "extra": "x"}),
            ((1,), {"first": "a name that is taken by position only"}),
        ],
    )
    def test_every_kind_of_parameter_is_called_as_it_was(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        arguments = codec(gather)
        decoded_args, decoded_kwargs = arguments.decode(arguments.encode(args, kwargs))
        assert gather(*decoded_args, **decoded_kwargs) == gather(*args, **kwargs)

    def test_a_keyword_of_a_variadic_parameter_is_checked(self) -> None:
        with pytest.raises(TypeError, match=r"named\['extra'\]: expected str, got int 1"):
            codec(gather).encode((1,), {"extra": 1})


class TestWrongValues:
    @pytest.mark.parametrize(
        ("annotation", "value", "fault"),
        [
            (int, "5", "value: expected int, got str '5'"),
            (int, True, "value: expected int, got bool True"),
            (int, 1.0, "value: expected int, got float 1.0"),
            (float, "1.0", "value: expected float, got str '1.0'"),
            (float, False, "value: expected float, got bool False"),
            (bool, 1, "value: expected bool, got int 1"),
            (str, b"x", "value: expected str, got bytes"),
            (bytes, "x", "value: expected bytes, got str 'x'"),
            (date, datetime(2031, 1, 1), "value: expected date, got datetime"),  # noqa: DTZ001
            (Decimal, 1.5, "value: expected Decimal, got float 1.5"),
            (Path, "a/b", "value: expected Path, got str 'a/b'"),
            (Color, "red", "value: expected Color, got str 'red'"),
            (Literal[1], True, "value: expected Literal[1], got bool True"),
            (int | None, "5", "value: expected int, got str '5'"),
            (int | str, None, "value: expected int | str, got None"),
            (list[int], (1, 2), "value: expected list, got tuple"),
            (list[int], [1, "x"], "value[1]: expected int, got str 'x'"),
            (tuple[int, int], [1, 2], "value: expected tuple, got list"),
            (tuple[int, int], (1, 2, 3), "value: expected 2 items, got 3"),
            (tuple[int, str], (1, 2), "value[1]: expected str, got int 2"),
            (set[int], frozenset({1}), "value: expected set, got frozenset"),
            (dict[int, str], {"1": "x"}, "value['1']: expected int, got str '1'"),
            (dict[int, str], {1: 2}, "value[1]: expected str, got int 2"),
            (Item, {"price": "1"}, "value: expected Item, got dict"),
            (Item, SpecialItem(Decimal(1), "gift"), "value: expected Item, got SpecialItem"),
            (Movie, {}, "value.title: is missing"),
            (Movie, {"title": "x", "length": 1}, "value.length: Movie has no such key"),
            (Order | int, Order([ITEM_OF_STR]), "value.items[0].price: expected Decimal, got str 'x'"),
        ],
    )
    def test_a_value_of_another_type_is_named_with_its_path(self, annotation: Any, value: Any, fault: str) -> None:
        with pytest.raises(TypeError) as caught:
            codec_for(annotation).encode((value,), {})
        assert isinstance(caught.value, SerializationError)
        assert caught.value.message == f"task 'a_task': {fault}"

    def test_the_path_leads_through_attributes_and_items(self) -> None:
        order = Order([Item(Decimal(1))] * 3 + [ITEM_OF_STR])
        with pytest.raises(SerializationError, match=r"order\.items\[3\]\.price: expected Decimal, got str 'x'"):
            codec(place).encode((order,), {})

    @pytest.mark.parametrize(
        ("value", "fault"),
        [
            ((1, 2), "value: tuple is not plain JSON"),
            ({"a": [{1: 2}]}, "value['a'][0][1]: the key is int 1"),
            ([date(2031, 1, 1)], r"value[0]: date is not plain JSON"),
            ({"a": {1, 2}}, "value['a']: set is not plain JSON"),
            ([float("nan")], "value[0]: nan has no JSON form"),
            ({"x": float("-inf")}, "value['x']: -inf has no JSON form"),
            pytest.param(10**4300, "value: an int of more than 4300 digits", id="a long int"),
        ],
    )
    def test_what_plain_json_would_change_is_refused(self, value: Any, fault: str) -> None:
        for arguments in (codec(plain), codec_for(Any), codec_for(dict[str, Any] | list[Any] | float | int | object)):
            with pytest.raises(SerializationError) as caught:
                arguments.encode((value,), {})
            assert fault in caught.value.message

    @pytest.mark.parametrize(
        ("annotation", "value", "fault"),
        [
            (float, float("nan"), "value: nan has no JSON form"),
            (float | None, float("inf"), "value: inf has no JSON form"),
            (float, 10**400, "value: int 1000"),
            pytest.param(int, 10**4300, "value: an int of more than 4300 digits", id="a long int"),
            (str, "\ud83d\ude00", "split into two surrogates"),
        ],
    )
    def test_what_has_no_json_form_is_refused(self, annotation: Any, value: Any, fault: str) -> None:
        with pytest.raises(SerializationError) as caught:
            codec_for(annotation).encode((value,), {})
        assert fault in caught.value.message
        assert not isinstance(caught.value, TypeError)

    def test_the_longest_int_comes_back(self) -> None:
        arguments = codec_for(int)
        value = 10**4300 - 1
        assert arguments.decode(arguments.encode((value,), {})) == ((), {"value": value})


class TestLimits:
    def test_arguments_beyond_the_limit_tell_their_size(self) -> None:
        with pytest.raises(SerializationError, match=r"takes 112 bytes as JSON; the limit is 100"):
            codec_for(str, max_bytes=100).encode(("x" * 100,), {})

    def test_the_limit_counts_bytes_not_characters(self) -> None:
        arguments = codec_for(str, max_bytes=20)
        arguments.encode(("x" * 8,), {})
        with pytest.raises(SerializationError, match="takes 28 bytes"):
            arguments.encode(("é" * 8,), {})

    def test_deep_nesting_comes_back_up_to_the_limit(self) -> None:
        arguments = codec(plain)
        deep = nested(400)
        assert arguments.decode(arguments.encode((deep,), {})) == ((), {"value": deep})

    @pytest.mark.parametrize("depth", [501, 5_000, 100_000])
    def test_deeper_nesting_is_refused_both_ways(self, depth: int) -> None:
        with pytest.raises(SerializationError, match="nested"):
            codec(plain).encode((nested(depth),), {})
        with pytest.raises(ArgumentDecodeError, match="nested"):
            codec(plain).decode('{"value":' + "[" * depth + "]" * depth + "}")

    def test_many_lists_that_are_not_deep_are_no_matter(self) -> None:
        arguments = codec(plain)
        wide = [[] for _ in range(2_000)]
        assert arguments.decode(arguments.encode((wide,), {})) == ((), {"value": wide})

    def test_a_deep_chain_of_objects_is_refused(self) -> None:
        node = Node()
        for _ in range(2_000):
            node = Node(node)
        with pytest.raises(SerializationError, match="nested"):
            codec_for(Node).encode((node,), {})

    @pytest.mark.parametrize("annotation", [Any, list[Any], list[list[Any]]])
    def test_a_list_that_contains_itself_is_refused(self, annotation: Any) -> None:
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(SerializationError, match="nested"):
            codec_for(annotation).encode((endless,), {})


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


class TestStoredArguments:
    @pytest.mark.parametrize(
        ("annotation", "text", "fault"),
        [
            (int, '{"value":"5"}', "value: expected int, got str '5'"),
            (int, '{"value":true}', "value: expected int, got bool True"),
            (int, '{"value":5.0}', "value: expected int, got float 5.0"),
            (int, '{"value":null}', "value: expected int, got None"),
            (int, "{}", "missing argument 'value'"),
            (int, '{"value":1,"more":2}', "unexpected argument 'more'"),
            (int, "[1]", "expected an object of arguments, got list"),
            (int, '{"value":', "not readable as JSON"),
            (int, "", "not readable as JSON"),
            (int, '{"value":' + "1" * 5000 + "}", "not readable as JSON"),
            (Any, '{"value":[1e400]}', "beyond the range of a float"),
            (float, '{"value":-1e400}', "beyond the range of a float"),
            (float, '{"value":NaN}', "NaN is not JSON"),
            (Any, '{"value":-Infinity}', "-Infinity is not JSON"),
            (Color, '{"value":"blue"}', "value: expected Color, got str 'blue'"),
            (Literal["a"], '{"value":["a"]}', "value: expected Literal['a'], got list"),
            (date, '{"value":"2031-02-30"}', "value: expected date, got str '2031-02-30'"),
            (bytes, '{"value":"%"}', "value: expected bytes in base64"),
            (list[Item], '{"value":[{"price":"x"}]}', "value[0].price: expected Decimal, got str 'x'"),
            (Item, '{"value":{}}', "value.price: is missing"),
            (Movie, '{"value":[]}', "value: expected Movie, got list"),
            (Positive, '{"value":{"number":-1}}', "value: Positive refused it: ValueError: -1 is not positive"),
            (dict[int, int], '{"value":{"x":1}}', "value['x']: not readable as JSON"),
            (tuple[int, int], '{"value":[1]}', "value: expected 2 items, got 1"),
            (set[Any], '{"value":[[]]}', "value: unhashable type"),
            (str | date, '{"value":"x"}', "value: expected str | date, got str 'x'"),
            (str | date, '{"value":{"os.system":"x"}}', "value: expected str | date, got dict"),
        ],
    )
    def test_what_does_not_fit_is_named_with_its_path(self, annotation: Any, text: str, fault: str) -> None:
        with pytest.raises(ArgumentDecodeError) as caught:
            codec_for(annotation).decode(text)
        assert caught.value.message.startswith("task 'a_task': ")
        assert fault in caught.value.message


class TestAnnotations:
    @pytest.mark.parametrize(
        ("annotation", "fault"),
        [
            (socket, "value: socket has no JSON form"),
            (list[socket | None], "value: socket has no JSON form"),
            (Holder, "value.items: socket has no JSON form"),
            (Callable[[int], str], "has no JSON form"),
            (Email, "value: Email would come back as the type it derives from"),
            (WithInitVar, "InitVar"),
            (complex, "value: complex has no JSON form"),
        ],
    )
    def test_a_type_that_cannot_be_stored_is_an_error_of_the_definition(self, annotation: Any, fault: str) -> None:
        with pytest.raises(TaskDefinitionError) as caught:
            codec_for(annotation)
        assert fault in caught.value.message

    def test_a_name_known_only_to_type_checkers_is_named(self) -> None:
        def a_task(good: int, value: Fraction) -> None: ...

        with pytest.raises(TaskDefinitionError, match="the annotation 'Fraction' of 'value' cannot be resolved"):
            codec(a_task)

    def test_names_in_quotes_inside_a_builtin_are_found(self) -> None:
        value = Branch([Branch([])], {"x": [Branch([])]})
        arguments = codec_for(dict[str, "Branch"])
        assert arguments.decode(arguments.encode(({"top": value},), {})) == ((), {"value": {"top": value}})

    def test_an_unknown_name_in_a_class_is_shown_with_the_path_to_it(self) -> None:
        with pytest.raises(TaskDefinitionError, match=r"value: .* of class Unresolved cannot be resolved: .*Fraction"):
            codec_for(list[Unresolved])

    def test_two_classes_of_one_name_cannot_share_a_union(self) -> None:
        first, second = (attrs.make_class("Twin", {"x": attrs.field(type=int)}) for _ in range(2))
        with pytest.raises(TaskDefinitionError, match="have the same name"):
            codec_for(first | second)

    def test_every_error_is_one_of_horsies(self) -> None:
        for call in (lambda: codec_for(socket), lambda: codec_for(int).decode("x")):
            with pytest.raises(HorsiesError):
                call()
