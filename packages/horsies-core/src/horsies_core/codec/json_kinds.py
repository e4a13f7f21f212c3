"""Which kinds of JSON value an annotation turns into. Unions are told apart by it, and dict keys stored by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import TypeAlias, get_args, get_origin
from uuid import UUID

from horsies_core.annotations import Annotation, alias_value, bare, is_alias, is_class, is_union
from horsies_core.codec.enumerations import enum_form, is_enum, is_literal, literal_forms
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.object_fields import has_fields
from horsies_core.codec.scalars import is_path

JsonKind: TypeAlias = str

NULL, BOOLEAN, INTEGER, NUMBER, STRING, ARRAY, OBJECT = (
    "null",
    "boolean",
    "integer",
    "number",
    "string",
    "array",
    "object",
)

_OF_PYTHON: dict[type, JsonKind] = {
    NoneType: NULL,
    bool: BOOLEAN,
    int: INTEGER,
    float: NUMBER,
    str: STRING,
    list: ARRAY,
    dict: OBJECT,
}
_ANY_KIND = frozenset(_OF_PYTHON.values())
_OF_SCALARS = {**_OF_PYTHON, **dict.fromkeys((datetime, date, time, timedelta, UUID, Decimal, bytes), STRING)}


def kind_of_tree(tree: JsonTree) -> JsonKind:
    """Return the kind of a JSON value that was read."""
    return _OF_PYTHON[type(tree)]


def json_kinds(annotation: Annotation) -> frozenset[JsonKind]:
    """Return the kinds of JSON value that values of an annotation may become; rather too many than too few."""
    annotation = bare(annotation)
    if annotation in _OF_SCALARS:
        return frozenset({_OF_SCALARS[annotation]})
    if is_enum(annotation):
        return frozenset(kind_of_tree(enum_form(annotation, member)) for member in annotation) or _ANY_KIND
    if is_literal(annotation):
        return frozenset(kind_of_tree(form) for form in literal_forms(annotation).values())
    if is_union(annotation):
        # An object, too: the tag of a member.
        return frozenset({OBJECT}).union(*(json_kinds(member) for member in get_args(annotation)))
    if is_alias(annotation):
        return json_kinds(alias_value(annotation))
    return _kinds_of_class(annotation)


def _kinds_of_class(annotation: Annotation) -> frozenset[JsonKind]:
    origin = get_origin(annotation) or annotation
    if is_path(annotation):
        return frozenset({STRING})
    if has_fields(annotation):
        return frozenset({OBJECT})
    if is_class(origin) and issubclass(origin, Mapping):
        return frozenset({OBJECT})
    if is_class(origin) and issubclass(origin, Iterable):
        return frozenset({ARRAY})
    return _ANY_KIND
