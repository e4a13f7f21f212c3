"""Values that are one JSON string, number, boolean or null. Strictly: neither "5" nor True is an int."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any, Generic, TypeVar
from uuid import UUID

from attrs import frozen

from horsies_core.annotations import is_class
from horsies_core.codec.json_text import JsonTree, check_finite, check_integer
from horsies_core.codec.misfit import Misfit, Unstorable, shown, wrong_type

V = TypeVar("V")


def encode_none(value: Any) -> JsonTree:
    if value is not None:
        raise wrong_type("None", value)


def decode_none(tree: JsonTree, _annotation: object) -> None:
    if tree is not None:
        raise wrong_type("null", tree)


def encode_bool(value: Any) -> JsonTree:
    if value is True or value is False:
        return value
    raise wrong_type("bool", value)


def decode_bool(tree: JsonTree, _annotation: object) -> bool:
    if tree is True or tree is False:
        return tree
    raise wrong_type("bool", tree)


def encode_int(value: Any) -> JsonTree:
    if type(value) is not int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type("int", value)
        value = int(value)
    check_integer(value)
    return value


def decode_int(tree: JsonTree, _annotation: object) -> int:
    if type(tree) is int:
        return tree
    raise wrong_type("int", tree)


def encode_float(value: Any) -> JsonTree:
    if type(value) is not float:
        value = _as_float(value)
    check_finite(value)
    return value


def decode_float(tree: JsonTree, _annotation: object) -> float:
    return tree if type(tree) is float else _as_float(tree)


def _as_float(value: Any) -> float:
    # As for type checkers, an int will do where a float is asked for; a bool is a slip.
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise wrong_type("float", value)
    try:
        return float(value)
    except OverflowError:
        raise Unstorable(f"{shown(value)} is beyond the range of a float") from None


def encode_str(value: Any) -> JsonTree:
    if isinstance(value, str):
        return value
    raise wrong_type("str", value)


def decode_str(tree: JsonTree, _annotation: object) -> str:
    if type(tree) is str:
        return tree
    raise wrong_type("str", tree)


@frozen
class TextForm(Generic[V]):
    """A type whose values are written as a JSON string."""

    kind: type[V]
    to_text: Callable[[V], str]
    from_text: Callable[[str], V]

    def encode(self, value: Any) -> JsonTree:
        if not isinstance(value, self.kind):
            raise wrong_type(self.kind.__name__, value)
        return self.to_text(value)

    def decode(self, tree: JsonTree, _annotation: object) -> V:
        if type(tree) is not str:
            raise wrong_type(self.kind.__name__, tree)
        try:
            return self.from_text(tree)
        except (ValueError, ArithmeticError):
            raise wrong_type(self.kind.__name__, tree) from None


def _date_to_text(value: date) -> str:
    # A datetime is a date for Python; stored as one, it would lose its time.
    if isinstance(value, datetime):
        raise wrong_type("date", value)
    return value.isoformat()


def _with_offset(text: str) -> str:
    # Python reads the "Z" of other languages from 3.11 on.
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text


_DURATION = re.compile(r"(?P<sign>-?)P(?P<days>\d+)DT(?P<seconds>\d+)\.(?P<microseconds>\d{6})S", re.ASCII)


def _duration_to_text(value: timedelta) -> str:
    """Write an ISO 8601 duration, exact to the microsecond."""
    sign, size = ("-", -value) if value.days < 0 else ("", value)
    return f"{sign}P{size.days}DT{size.seconds}.{size.microseconds:06}S"


def _duration_from_text(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    size = timedelta(days=int(match["days"]), seconds=int(match["seconds"]), microseconds=int(match["microseconds"]))
    return -size if match["sign"] else size


def _bytes_from_text(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Misfit("expected bytes in base64") from None


TEXT_FORMS: tuple[TextForm[Any], ...] = (
    TextForm(datetime, datetime.isoformat, lambda text: datetime.fromisoformat(_with_offset(text))),
    TextForm(date, _date_to_text, date.fromisoformat),
    TextForm(time, time.isoformat, lambda text: time.fromisoformat(_with_offset(text))),
    TextForm(timedelta, _duration_to_text, _duration_from_text),
    TextForm(UUID, str, UUID),
    TextForm(Decimal, str, Decimal),
    TextForm(Path, str, Path),
    TextForm(bytes, lambda value: base64.b64encode(value).decode("ascii"), _bytes_from_text),
)


def is_path(annotation: Any) -> bool:
    """Tell whether this is `Path`, or one of its kin in pathlib."""
    return is_class(annotation) and issubclass(annotation, PurePath)


def path_encoder(kind: type[PurePath], _converter: object) -> Callable[[Any], JsonTree]:
    return TextForm(kind, str, kind).encode


def path_decoder(kind: type[PurePath], _converter: object) -> Callable[[JsonTree, Any], PurePath]:
    return TextForm(kind, str, kind).decode


CAPTURED_BY_CATTRS = (str, bytes, int, bool, float, Path)
"""Types that cattrs knows by inheritance, before it asks any predicate: hooks of ours must replace its own."""

_SUBCLASSES_LOST = (str, bytes, int, float)


def is_scalar_subclass(annotation: Any) -> bool:
    """Tell whether this is a user's subclass of str and the like, which would come back as a plain str."""
    return is_class(annotation) and issubclass(annotation, _SUBCLASSES_LOST) and annotation not in CAPTURED_BY_CATTRS
