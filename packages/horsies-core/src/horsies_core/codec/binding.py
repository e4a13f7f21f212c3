"""Match the arguments of a call to the parameters of a function, as Python does, with errors that name the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from attrs import frozen


@frozen
class Binder:
    """The parameters of a task's function."""

    task_name: str
    positional: tuple[Parameter, ...]
    """Those that may be given by position, in order."""
    keyword_only: tuple[Parameter, ...]
    var_positional: Parameter | None
    var_keyword: Parameter | None

    @classmethod
    def of(cls, function: Callable[..., object], task_name: str) -> Binder:
        parameters = signature(function).parameters.values()

        def of_kind(*kinds: object) -> tuple[Parameter, ...]:
            return tuple(parameter for parameter in parameters if parameter.kind in kinds)

        return cls(
            task_name,
            positional=of_kind(Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD),
            keyword_only=of_kind(Parameter.KEYWORD_ONLY),
            var_positional=next(iter(of_kind(Parameter.VAR_POSITIONAL)), None),
            var_keyword=next(iter(of_kind(Parameter.VAR_KEYWORD)), None),
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them, in the order of the signature."""
        var_positional = (self.var_positional,) if self.var_positional else ()
        var_keyword = (self.var_keyword,) if self.var_keyword else ()
        return (*self.positional, *var_positional, *self.keyword_only, *var_keyword)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the given values by parameter name, without defaults. Raises TypeError."""
        bound = {parameter.name: value for parameter, value in zip(self.positional, args, strict=False)}
        surplus = tuple(args[len(self.positional) :])
        if surplus:
            self._bind_surplus(surplus, bound)
        self._bind_keywords(kwargs, bound)
        for parameter in (*self.positional, *self.keyword_only):
            if parameter.default is Parameter.empty and parameter.name not in bound:
                raise self._wrong_call(f"missing argument {parameter.name!r}")
        return bound

    def _bind_surplus(self, surplus: tuple[Any, ...], bound: dict[str, Any]) -> None:
        if self.var_positional is None:
            known, given = len(self.positional), len(self.positional) + len(surplus)
            raise self._wrong_call(f"takes {known} positional arguments, got {given}")
        bound[self.var_positional.name] = surplus

    def _bind_keywords(self, kwargs: Mapping[str, Any], bound: dict[str, Any]) -> None:
        by_keyword = {
            parameter.name
            for parameter in (*self.positional, *self.keyword_only)
            if parameter.kind is not Parameter.POSITIONAL_ONLY
        }
        surplus: dict[str, Any] = {}
        for name, value in kwargs.items():
            if name not in by_keyword:
                surplus[name] = value
            elif name in bound:
                raise self._wrong_call(f"argument {name!r} given twice")
            else:
                bound[name] = value
        if surplus and self.var_keyword is None:
            raise self._wrong_call(f"unexpected argument {next(iter(surplus))!r}")
        if surplus and self.var_keyword is not None:
            bound[self.var_keyword.name] = surplus

    def _wrong_call(self, fault: str) -> TypeError:
        return TypeError(f"task {self.task_name!r}: {fault}")
