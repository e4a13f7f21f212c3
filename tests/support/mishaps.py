"""Tasks that end in every way a function can, and hand back what can hardly be stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from attrs import frozen

from horsies import Horsies, RetryPolicy, Task, TaskError, TaskResult

APP_EXCEPTION_MAPPER: dict[type[BaseException], str] = {
    LookupError: "APP_LOOKUP",
    ArithmeticError: "APP_ARITHMETIC",
}


@frozen
class Mishaps:
    """The tasks."""

    raise_kind: Task[[str], int]
    raise_kind_mapped: Task[[str], int]
    raise_kind_async: Task[[str], int, Any]
    raise_from: Task[[str], int]
    give_back: Task[[str], Any]
    give_back_async: Task[[str], Any, Any]
    fail_with: Task[[str], int]
    fail_with_and_retry: Task[[str], int]
    succeed_on_try: Task[[int, str], int]


def define_mishaps(app: Horsies) -> Mishaps:  # noqa: C901 (a list of tasks)
    """Define them on `app`."""

    @app.task("raise_kind")
    def raise_kind(kind: str) -> TaskResult[int, TaskError]:
        _raise(kind)

    @app.task(
        "raise_kind_mapped",
        exception_mapper={LookupError: "TASK_LOOKUP"},
        default_unhandled_error_code="TASK_DEFAULT",
    )
    def raise_kind_mapped(kind: str) -> TaskResult[int, TaskError]:
        _raise(kind)

    @app.task("raise_kind_async")
    async def raise_kind_async(kind: str) -> TaskResult[int, TaskError]:
        await asyncio.sleep(0)
        _raise(kind)

    @app.task("raise_from")
    def raise_from(text: str) -> TaskResult[int, TaskError]:
        try:
            raise KeyError("the first cause")
        except KeyError as cause:
            raise ValueError(text) from cause

    @app.task("give_back")
    def give_back(kind: str) -> TaskResult[Any, TaskError]:
        return TaskResult(ok=_ODDITIES[kind]())

    @app.task("give_back_async")
    async def give_back_async(kind: str) -> TaskResult[Any, TaskError]:
        await asyncio.sleep(0)
        return TaskResult(ok=_ODDITIES[kind]())

    @app.task("fail_with")
    def fail_with(part: str) -> TaskResult[int, TaskError]:
        return TaskResult(err=_ODD_ERRORS[part])

    @app.task(
        "fail_with_and_retry",
        retry_policy=RetryPolicy.fixed([0.05], auto_retry_for=["ODD"], jitter=False),
    )
    def fail_with_and_retry(part: str) -> TaskResult[int, TaskError]:
        return TaskResult(err=_ODD_ERRORS[part])

    @app.task(
        "succeed_on_try",
        retry_policy=RetryPolicy.fixed([0.3, 0.1], auto_retry_for=["TOO_EARLY"], jitter=False),
    )
    def succeed_on_try(number: int, path: str) -> TaskResult[int, TaskError]:
        """Tries are lines in the file."""
        with Path(path).open("a+", encoding="utf-8") as tries:
            tries.write("try\n")
            tries.seek(0)
            made = len(tries.readlines())
        if made < number:
            return TaskResult(err=TaskError(error_code="TOO_EARLY", message=f"try {made}", data={"try": made}))
        return TaskResult(ok=made)

    return Mishaps(
        raise_kind=raise_kind,
        raise_kind_mapped=raise_kind_mapped,
        raise_kind_async=raise_kind_async,
        raise_from=raise_from,
        give_back=give_back,
        give_back_async=give_back_async,
        fail_with=fail_with,
        fail_with_and_retry=fail_with_and_retry,
        succeed_on_try=succeed_on_try,
    )


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class _Silencing(Exception):
    def __str__(self) -> str:
        raise SystemExit(4)


class _Explosive(dict[str, int]):
    """A dict to all appearance, until somebody looks into it."""

    def items(self) -> NoReturn:
        raise RuntimeError("hands off")

    __iter__ = items
    keys = items
    __len__ = items


def _recurse() -> int:
    return _recurse() + 1


_EXCEPTIONS: dict[str, BaseException] = {
    "lookup": LookupError("l"),
    "key": KeyError("k"),
    "arithmetic": ArithmeticError("a"),
    "runtime": RuntimeError("r"),
    "system exit": SystemExit(3),
    "keyboard interrupt": KeyboardInterrupt(),
    "memory error": MemoryError(),
    "generator exit": GeneratorExit(),
    "cancelled": asyncio.CancelledError(),
    "stop iteration": StopIteration(),
    "unspeakable": _Unspeakable(),
    "silencing": _Silencing(),
    "nul": RuntimeError("a\0b"),
    "surrogate": RuntimeError("a\ud800b"),
}


def _raise(kind: str) -> NoReturn:
    if kind == "recursion":
        _recurse()
    raise _EXCEPTIONS[kind]


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


_ODDITIES: dict[str, Callable[[], Any]] = {
    "nul": lambda: "a\0b",
    "surrogate": lambda: "a\ud800b",
    "object": object,
    "nan": lambda: float("nan"),
    "circle": _circle,
    "explosive": _Explosive,
}

_ODD_ERRORS = {
    "nul in message": TaskError(error_code="ODD", message="a\0b"),
    "surrogate in message": TaskError(error_code="ODD", message="a\ud800b"),
    "nul in code": TaskError(error_code="ODD\0", message="m"),
    "surrogate in code": TaskError(error_code="ODD\ud800", message="m"),
    "nul in data": TaskError(error_code="ODD", data={"text": "a\0b"}),
    "object in data": TaskError(error_code="ODD", message="kept", data=object()),
}
