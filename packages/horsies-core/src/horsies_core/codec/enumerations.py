"""Enum and Literal: a fixed list of values, told apart by what stands in the JSON."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, Flag
from typing import Any, Literal, TypeGuard, get_args, get_origin

from horsies_core.annotations import Annotation, is_class, name_of
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Unsupported, wrong_type


def is_enum(annotation: Annotation) -> TypeGuard[type[Enum]]:
    """Tell whether this is an enumeration."""
    return is_class(annotation) and issubclass(annotation, Enum)


def is_literal(annotation: Annotation) -> bool:
    """Tell whether this is `Literal[...]`."""
    return get_origin(annotation) is Literal


def enum_form(owner: type[Enum], member: Enum) -> JsonTree:
    """Return what stands for a member: its value if all members have a str, or all an int; else its name."""
    return member.value if _goes_by_value(owner) else member.name


def _goes_by_value(owner: type[Enum]) -> bool:
    kinds: set[type] = {type(member.value) for member in owner}
    return kinds in ({str}, {int}) or issubclass(owner, Flag)


def enum_encoder(owner: type[Enum]) -> Callable[[Any], JsonTree]:
    by_value = _goes_by_value(owner)

    def encode(value: Any) -> JsonTree:
        if not isinstance(value, owner):
            raise wrong_type(owner.__name__, value)
        return value.value if by_value else value.name

    return encode


def enum_decoder(owner: type[Enum]) -> Callable[[JsonTree, Any], Any]:
    if issubclass(owner, Flag):
        return _flag_decoder(owner)
    members = {enum_form(owner, member): member for member in owner}

    def decode(tree: JsonTree, _annotation: object) -> Any:
        # The type is compared as well: True equals 1.
        if type(tree) in (str, int) and tree in members:
            return members[tree]
        raise wrong_type(owner.__name__, tree)

    return decode


def _flag_decoder(owner: type[Flag]) -> Callable[[JsonTree, Any], Any]:
    def decode(tree: JsonTree, _annotation: object) -> Any:
        if type(tree) is int:
            try:
                return owner(tree)
            except ValueError:
                pass
        raise wrong_type(owner.__name__, tree)

    return decode


def literal_forms(annotation: Annotation) -> dict[tuple[type, object], JsonTree]:
    """Return each value of a Literal, with its type because True equals 1, and what stands for it in JSON.

    Raises Unsupported if two values look the same there.
    """
    forms: dict[tuple[type, object], JsonTree] = {
        (type(value), value): _literal_form(value) for value in get_args(annotation)
    }
    written: set[tuple[type, object]] = {(type(form), form) for form in forms.values()}
    if len(written) < len(forms):
        raise Unsupported(f"{name_of(annotation)} has two values that look the same in JSON")
    return forms


def _literal_form(value: object) -> JsonTree:
    if isinstance(value, Enum):
        return enum_form(type(value), value)
    if isinstance(value, bytes):
        raise Unsupported("bytes in a Literal cannot be stored")
    return value


def literal_encoder(annotation: Annotation, _converter: object) -> Callable[[Any], JsonTree]:
    forms = literal_forms(annotation)

    def encode(value: Any) -> JsonTree:
        try:
            return forms[type(value), value]
        except (KeyError, TypeError):
            raise wrong_type(name_of(annotation), value) from None

    return encode


def literal_decoder(annotation: Annotation, _converter: object) -> Callable[[JsonTree, Any], Any]:
    values: dict[tuple[type, object], object] = {
        (type(form), form): value for (_, value), form in literal_forms(annotation).items()
    }

    def decode(tree: JsonTree, _annotation: object) -> Any:
        try:
            return values[type(tree), tree]
        except (KeyError, TypeError):
            raise wrong_type(name_of(annotation), tree) from None

    return decode
