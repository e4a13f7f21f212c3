"""The arguments of a task: one JSON object, keyed by parameter name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from attrs import frozen
from cattrs import BaseConverter

from horsies_core.annotations import Annotation, UnresolvedAnnotation, hints_of_function
from horsies_core.codec.binding import Binder
from horsies_core.codec.converter import check_supported, shared_converter
from horsies_core.codec.errors import ArgumentDecodeError, ArgumentTypeError
from horsies_core.codec.hooks import Decoder, Encoder, decoder_of, encoder_of
from horsies_core.codec.json_text import DEFAULT_MAX_BYTES, JsonTree, from_text, to_text
from horsies_core.codec.misfit import Misfit, Unstorable, Unsupported
from horsies_core.codec.plain import json_object
from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import SerializationError, TaskDefinitionError


@frozen
class _ParameterHooks:
    name: str
    required: bool
    encode: Encoder
    decode: Decoder


class ArgumentsCodec:
    """Encodes and decodes the arguments of one task's function. Everything that can be prepared is."""

    __slots__ = ("_binder", "_by_name", "_by_position", "_hooks", "_is_plain_call", "_max_bytes", "_task_name")

    def __init__(self, binder: Binder, hooks: Sequence[_ParameterHooks], *, max_bytes: int) -> None:
        self._binder = binder
        self._task_name = binder.task_name
        self._max_bytes = max_bytes
        self._hooks = tuple(hooks)
        self._by_name = {hook.name: hook.encode for hook in hooks}
        # A call that gives every parameter by position needs no matching.
        takes_only_positional = len(binder.positional) == len(hooks)
        self._by_position = tuple((hook.name, hook.encode) for hook in hooks) if takes_only_positional else None
        self._is_plain_call = all(
            parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
            for parameter in binder.parameters
        )

    @classmethod
    def for_function(
        cls,
        function: Callable[..., object],
        task_name: str,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        where: SourceLocation | None = None,
    ) -> ArgumentsCodec:
        """Prepare the codec of a function. Raises TaskDefinitionError for annotations that cannot be stored."""
        converter = shared_converter()
        try:
            hints = hints_of_function(function)
        except UnresolvedAnnotation as error:
            raise TaskDefinitionError(
                f"task {task_name!r}: {error}",
                where=where,
                help="import the name where the worker sees it too, not only under TYPE_CHECKING",
            ) from None
        binder = Binder.of(function, task_name)
        hooks: list[_ParameterHooks] = []
        for parameter in binder.parameters:
            try:
                hooks.append(_hooks_of(parameter, hints.get(parameter.name, Any), converter))
            except Unsupported as fault:
                raise TaskDefinitionError(
                    f"task {task_name!r}: {fault.at(f'.{parameter.name}')}",
                    where=where,
                    help="pass an id or plain data, and make the object inside the task",
                ) from None
        return cls(binder, hooks, max_bytes=max_bytes)

    def encode(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Return the arguments of a call as JSON text. Defaults that were not given are not stored.

        Raises TypeError if they do not match the signature or its annotations, SerializationError if they cannot be
        stored.
        """
        try:
            return to_text(self._tree(args, kwargs), max_bytes=self._max_bytes)
        except Unstorable as fault:
            raise SerializationError(self._told(fault)) from fault
        except Misfit as fault:
            raise ArgumentTypeError(self._told(fault)) from fault
        except RecursionError as error:
            raise SerializationError(self._told("nested too deeply, or contains itself")) from error

    def decode(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return `args` and `kwargs` to call the function with. Raises ArgumentDecodeError."""
        try:
            tree = from_text(text)
            return self._call_of(self._values_of(json_object(tree, "an object of arguments")))
        except Misfit as fault:
            raise ArgumentDecodeError(self._told(fault)) from fault
        except RecursionError as error:
            raise ArgumentDecodeError(self._told("nested too deeply")) from error

    def _tree(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, JsonTree]:
        tree: dict[str, JsonTree] = {}
        name = ""
        by_position = self._by_position
        try:
            if by_position is not None and not kwargs and len(args) == len(by_position):
                for (name, encode), value in zip(by_position, args, strict=True):
                    tree[name] = encode(value)
            else:
                for name, value in self._binder.bind(args, kwargs).items():
                    tree[name] = self._by_name[name](value)
        except Misfit as fault:
            raise fault.at(f".{name}") from None
        return tree

    def _values_of(self, tree: dict[str, JsonTree]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for hooks in self._hooks:
            name = hooks.name
            if name in tree:
                try:
                    values[name] = hooks.decode(tree[name], None)
                except Misfit as fault:
                    raise fault.at(f".{name}") from None
            elif hooks.required:
                raise Misfit(f"missing argument {name!r}")
        if len(values) < len(tree):
            unknown = next(name for name in tree if name not in values)
            raise Misfit(f"unexpected argument {unknown!r}")
        return values

    def _call_of(self, values: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if self._is_plain_call:
            return (), values
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for parameter in self._binder.parameters:
            name = parameter.name
            if name not in values:
                continue
            if parameter.kind is Parameter.VAR_POSITIONAL:
                args.extend(values[name])
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs.update(values[name])
            elif parameter in self._binder.positional:
                args.append(values[name])
            else:
                kwargs[name] = values[name]
        return tuple(args), kwargs

    def _told(self, fault: object) -> str:
        return f"task {self._task_name!r}: {fault}"


def _hooks_of(parameter: Parameter, hint: Annotation, converter: BaseConverter) -> _ParameterHooks:
    if parameter.kind is Parameter.VAR_POSITIONAL:
        hint = tuple[hint, ...]
    elif parameter.kind is Parameter.VAR_KEYWORD:
        hint = dict[str, hint]
    check_supported(hint, converter)
    is_variadic = parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return _ParameterHooks(
        parameter.name,
        required=parameter.default is Parameter.empty and not is_variadic,
        encode=encoder_of(hint, converter),
        decode=decoder_of(hint, converter),
    )
