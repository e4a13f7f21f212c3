"""The fields of classes that become JSON objects: attrs classes, dataclasses, NamedTuples and TypedDicts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, cast, get_origin

import attrs
import typing_extensions
from typing_extensions import NotRequired, Required

from horsies_core.annotations import Annotation, UnresolvedAnnotation, hints_of_class, is_class
from horsies_core.codec.misfit import Unsupported


@attrs.frozen
class ObjectField:
    """One field. `name` is the attribute and the JSON key, `argument` the keyword it is constructed with."""

    name: str
    argument: str
    annotation: Annotation
    required: bool


def has_fields(annotation: Annotation) -> bool:
    """Tell whether values of this annotation are stored field by field."""
    return _reader(get_origin(annotation) or annotation) is not None


def is_typed_dict(annotation: Annotation) -> bool:
    """Tell whether this is a TypedDict, generic or not."""
    return typing_extensions.is_typeddict(get_origin(annotation) or annotation)


def object_fields(annotation: Annotation) -> tuple[ObjectField, ...]:
    """Return the fields that are stored and given back to the constructor, in order. Raises Unsupported.

    Fields with `init=False` are left out: the class computes them.
    """
    owner = cast("Any", get_origin(annotation) or annotation)
    read = _reader(owner)
    assert read is not None  # noqa: S101 (asked only of annotations that have fields)
    try:
        hints = hints_of_class(annotation)
    except UnresolvedAnnotation as error:
        raise Unsupported(str(error)) from None
    return tuple(read(owner, hints))


_Reader = Callable[[Any, dict[str, Annotation]], Iterator[ObjectField]]


def _reader(annotation: Annotation) -> _Reader | None:
    if not is_class(annotation):
        return None
    owner: Any = annotation
    if attrs.has(owner):
        return _attrs_fields
    if dataclasses.is_dataclass(owner):
        return _dataclass_fields
    if typing_extensions.is_typeddict(owner):
        return _typed_dict_fields
    if issubclass(owner, tuple) and getattr(annotation, "_fields", None) is not None:
        return _named_tuple_fields
    return None


def _attrs_fields(owner: Any, hints: dict[str, Annotation]) -> Iterator[ObjectField]:
    for attribute in attrs.fields(owner):
        if attribute.init:
            annotation = hints.get(attribute.name, Any)
            yield ObjectField(
                attribute.name, attribute.alias or attribute.name, annotation, attribute.default is attrs.NOTHING
            )


def _dataclass_fields(owner: Any, hints: dict[str, Annotation]) -> Iterator[ObjectField]:
    for name, hint in hints.items():
        if isinstance(hint, dataclasses.InitVar) and not hasattr(owner, name):
            raise Unsupported(f"the InitVar {name!r} of {owner.__name__} is not kept by its instances")
    for spec in dataclasses.fields(owner):
        if spec.init:
            has_default = spec.default is not dataclasses.MISSING or spec.default_factory is not dataclasses.MISSING
            yield ObjectField(spec.name, spec.name, hints[spec.name], not has_default)


def _named_tuple_fields(owner: Any, hints: dict[str, Annotation]) -> Iterator[ObjectField]:
    for name in cast("tuple[str, ...]", owner._fields):
        yield ObjectField(name, name, hints.get(name, Any), name not in owner._field_defaults)


def _typed_dict_fields(owner: Any, hints: dict[str, Annotation]) -> Iterator[ObjectField]:
    for name, hint in hints.items():
        # The mark in the annotation counts: __required_keys__ does not see it where annotations are strings.
        marks = set(_marks(hint))
        required = Required in marks or (NotRequired not in marks and name in owner.__required_keys__)
        yield ObjectField(name, name, hint, required)


def _marks(hint: Annotation) -> Iterator[Any]:
    while (origin := get_origin(hint)) is not None and hasattr(hint, "__origin__"):
        yield origin
        arguments = cast("tuple[Any, ...]", getattr(hint, "__args__", ()))
        if origin not in (Required, NotRequired, typing_extensions.ReadOnly, typing_extensions.Annotated):
            return
        hint = arguments[0]
