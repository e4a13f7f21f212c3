"""Read annotations: strip what carries no data, resolve type variables and strings, and name them for people."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from types import GenericAlias, NoneType, SimpleNamespace, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    NewType,
    TypeGuard,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

import typing_extensions
from typing_extensions import NotRequired, ReadOnly, Required, TypeAliasType

Annotation = Any
"""A type as it is written in an annotation. The type system has no name for this on Python 3.10."""

_WRAPPERS = (Final, Required, NotRequired, ReadOnly)

# Two classes until Python 3.14: the one of the `type` statement, and the backport.
_ALIAS_TYPES = (TypeAliasType, cast("type", getattr(typing, "TypeAliasType", TypeAliasType)))


class UnresolvedAnnotation(Exception):
    """An annotation whose names are unknown at run time."""


def bare(annotation: Annotation) -> Annotation:
    """Strip what says nothing about the data: Annotated, Final, NewType and such; a type variable becomes its bound."""
    while True:
        if annotation is None:
            return NoneType
        origin = get_origin(annotation)
        if origin is Annotated or origin in _WRAPPERS:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = cast("Any", annotation.__supertype__)
        elif isinstance(annotation, TypeVar):
            annotation = _stand_in(annotation)
        elif annotation is object:
            return Any
        else:
            return annotation


def _stand_in(variable: TypeVar) -> Annotation:
    if variable.__bound__ is not None:
        return variable.__bound__
    if variable.__constraints__:
        return Union[variable.__constraints__]  # noqa: UP007 (a tuple of unknown length)
    return Any


def is_class(annotation: Annotation) -> TypeGuard[type]:
    """Tell whether this is a class itself. On Python 3.10 `list[int]` says it is one too."""
    return isinstance(annotation, type) and get_origin(annotation) is None


def is_alias(annotation: Annotation) -> bool:
    """Tell whether this is an alias made by the `type` statement, bare or with arguments."""
    return isinstance(get_origin(annotation) or annotation, _ALIAS_TYPES)


def alias_value(annotation: Annotation) -> Annotation:
    """Return what a `type` alias stands for, its arguments filled in. Raises UnresolvedAnnotation."""
    alias: Any = get_origin(annotation) or annotation
    # Before Python 3.12 an alias that contains itself has to name itself in a string.
    try:
        value = _resolved(alias.__value__, _namespace(alias))
    except Exception as error:
        # Strings are evaluated: what they raise may be anything.
        raise UnresolvedAnnotation(f"the type alias {alias.__name__} cannot be resolved: {error}") from error
    return substitute(value, dict(zip(alias.__type_params__, get_args(annotation), strict=False)))


def is_union(annotation: Annotation) -> bool:
    """Tell whether this is `A | B`, `Union[A, B]` or `Optional[A]`."""
    return get_origin(annotation) in (Union, UnionType)


def hints_of_function(function: Callable[..., object]) -> dict[str, Annotation]:
    """Return the annotations of a function, strings resolved. Raises UnresolvedAnnotation."""
    return {name: resolved_hint(function, name) for name in _raw_annotations(function)}


def resolved_hint(function: Callable[..., object], name: str) -> Annotation:
    """Return one annotation of a function, whatever the state of the others. Raises UnresolvedAnnotation."""
    raw = _raw_annotations(function)[name]
    try:
        return _resolved(raw, getattr(inspect.unwrap(function), "__globals__", {}))
    except Exception as error:
        # Strings are evaluated: what they raise may be anything.
        raise UnresolvedAnnotation(f"the annotation {raw!r:.80} of {name!r} cannot be resolved: {error}") from error


def _raw_annotations(function: Callable[..., object]) -> Mapping[str, Annotation]:
    return cast("Mapping[str, Annotation]", getattr(inspect.unwrap(function), "__annotations__", {}))


def hints_of_class(annotation: Annotation) -> dict[str, Annotation]:
    """Return the annotations of a class, inherited ones included, with type variables replaced by their arguments.

    Raises UnresolvedAnnotation.
    """
    owner = cast("type", get_origin(annotation) or annotation)
    try:
        hints = typing_extensions.get_type_hints(owner, include_extras=True)
        hints = {name: _resolved(hint, _namespace(owner)) for name, hint in hints.items()}
    except Exception as error:
        # As above.
        raise UnresolvedAnnotation(f"an annotation of class {owner.__name__} cannot be resolved: {error}") from error
    bindings = _bindings(owner, get_args(annotation))
    return {name: substitute(hint, bindings.get(_definer(owner, name), {})) for name, hint in hints.items()}


def _namespace(owner: Any) -> dict[str, Any]:
    return vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}


def _resolved(raw: Annotation, namespace: dict[str, Any]) -> Annotation:
    hint = _evaluated(raw, namespace)
    if sys.version_info >= (3, 11):
        return hint
    # Python 3.10 leaves the string in list["Order"] as it is.
    marked = _with_marked_strings(hint)
    return hint if marked == hint else _evaluated(marked, namespace)


def _evaluated(raw: Annotation, namespace: dict[str, Any]) -> Annotation:
    holder = SimpleNamespace(__annotations__={"it": raw})
    return typing_extensions.get_type_hints(holder, globalns=namespace, include_extras=True)["it"]


def _with_marked_strings(hint: Annotation) -> Annotation:
    arguments = get_args(hint)
    if is_union(hint):
        return Union[tuple(_with_marked_strings(argument) for argument in arguments)]  # noqa: UP007 (as above)
    if not isinstance(hint, GenericAlias):
        return hint
    origin: Any = get_origin(hint)
    return origin[
        tuple(
            ForwardRef(argument) if isinstance(argument, str) else _with_marked_strings(argument)
            for argument in arguments
        )
    ]


def _bindings(owner: type, arguments: tuple[Annotation, ...]) -> dict[type, dict[Any, Annotation]]:
    """Return what the type variables of a generic class, and of each generic class it derives from, stand for."""
    parameters = cast("tuple[Any, ...]", getattr(owner, "__parameters__", ()))
    bindings: dict[type, dict[Any, Annotation]] = {owner: dict(zip(parameters, arguments, strict=False))}
    for kind in owner.__mro__:
        for written in cast("tuple[Any, ...]", vars(kind).get("__orig_bases__", ())):
            origin = get_origin(written)
            inherited = cast("tuple[Any, ...]", getattr(origin, "__parameters__", ()))
            given = [substitute(argument, bindings.get(kind, {})) for argument in get_args(written)]
            bindings.setdefault(origin, dict(zip(inherited, given, strict=False)))
    return bindings


def _definer(owner: type, name: str) -> type:
    return next((kind for kind in owner.__mro__ if name in inspect.get_annotations(kind)), owner)


def substitute(annotation: Annotation, bindings: Mapping[Any, Annotation]) -> Annotation:
    """Replace type variables in an annotation."""
    if isinstance(annotation, TypeVar):
        return bindings.get(annotation, annotation)
    # A generic class without arguments has parameters too, but none that could be filled in here.
    variables: tuple[Any, ...] = () if is_class(annotation) else getattr(annotation, "__parameters__", ())
    generic: Any = annotation
    if not any(variable in bindings for variable in variables):
        return annotation
    return generic[tuple(bindings.get(variable, variable) for variable in variables)]


def name_of(annotation: Annotation) -> str:
    """Name an annotation for people, and for the tags of unions.

    Without module names: the same class is `__main__.Order` in one process and `shop.Order` in another.
    """
    annotation = bare(annotation)
    if annotation is NoneType or annotation is ...:
        return "None" if annotation is NoneType else "..."
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return f"Literal[{', '.join(_literal_name(value) for value in arguments)}]"
    if is_union(annotation):
        return " | ".join(name_of(argument) for argument in arguments)
    if origin is None:
        unresolved = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
        return str(getattr(unresolved, "__name__", unresolved))
    return f"{name_of(origin)}[{', '.join(name_of(argument) for argument in arguments)}]"


def _literal_name(value: object) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)
