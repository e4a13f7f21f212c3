"""The outcome of a task: a value, or an error that is a value too."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, NoReturn, TypeVar, cast, final, overload

import typing_extensions
from attrs import evolve, field, fields, frozen

from horsies_core.error_codes import LibraryErrorCode, library_code
from horsies_core.exception_record import ExceptionRecord

__all__ = ["ExceptionRecord", "LibraryErrorCode", "TaskError", "TaskResult"]


def _as_error_code(code: LibraryErrorCode | str | None) -> LibraryErrorCode | str | None:
    """Turn the text of a library code into the code, so that a stored error reads back as it was."""
    given = cast("object", code)
    if given is None or isinstance(given, LibraryErrorCode):
        return given
    if not isinstance(given, str):
        raise TypeError(f"error_code must be a str, a LibraryErrorCode or None, not {type(given).__name__}")
    # str.__str__ reads past a str enum of the user's, whose own str() is "Codes.DECLINED".
    text = str.__str__(given)
    return library_code(text) or text


def _require_text(_error: TaskError, _field: object, message: object) -> None:
    # Refused here, where the traceback still shows the user's line, rather than when the result is stored.
    if message is not None and not isinstance(message, str):
        raise TypeError(f"message must be a str or None, not {type(message).__name__}")


def _require_exception(_error: TaskError, _field: object, exception: object) -> None:
    if exception is not None and not isinstance(exception, (BaseException, ExceptionRecord)):
        raise TypeError(f"exception must be an exception or None, not {type(exception).__name__}")


@frozen(repr=False)
class TaskError:
    """Why a task did not succeed.

    `error_code` is a user's own UPPER_SNAKE_CASE code or one of the library's; `data` is anything the codec can
    store; `exception` is the exception itself, or, once the error has crossed processes, its record: `type`, `message`
    and `traceback` as text, and `cause`, the record of the exception behind it or None.
    """

    error_code: LibraryErrorCode | str | None = field(default=None, converter=_as_error_code)
    message: str | None = field(default=None, validator=_require_text)
    # Left out of the hash: both may well be unhashable, and errors are worth counting in sets and dicts.
    data: object = field(default=None, hash=False)
    exception: BaseException | ExceptionRecord | None = field(default=None, hash=False, validator=_require_exception)

    def portable(self) -> typing_extensions.Self:
        """Return this error with its exception as a plain record, fit to leave the process."""
        if isinstance(self.exception, BaseException):
            return evolve(self, exception=ExceptionRecord.of(self.exception))
        return self

    def __repr__(self) -> str:
        given = [(a.name, value) for a in fields(type(self)) if (value := getattr(self, a.name)) is not None]
        return f"{type(self).__name__}({', '.join(f'{name}={_shown(value)}' for name, value in given)})"


def _shown(value: object) -> str:
    return repr(value.value if isinstance(value, LibraryErrorCode) else value)


class _Absent(Enum):
    """Tells `ok=None`, a success, from no `ok` at all."""

    ABSENT = "absent"


_ABSENT = _Absent.ABSENT

T_co = typing_extensions.TypeVar("T_co", covariant=True)
E_co = typing_extensions.TypeVar("E_co", covariant=True, default=TaskError)
T = TypeVar("T")
E = TypeVar("E")
U = TypeVar("U")
F = TypeVar("F")


@final
@frozen(init=False, repr=False)
class TaskResult(Generic[T_co, E_co]):
    """Holds exactly one of `ok`, the value of a success, and `err`, the reason of a failure.

    `ok=None` is a success without a value; `err` is never None. So `result.err is None` means success, also for a
    type checker, and these patterns work:

        match result:
            case TaskResult(err=TaskError(error_code="EMPTY_DATA")): ...
            case TaskResult(err=TaskError() as error): ...
            case TaskResult(ok=value): ...
    """

    ok: T_co | None
    """The value, or None if this is a failure. `ok_value` has no such None."""
    err: E_co | None
    """The error, or None if this is a success. `err_value` has no such None."""

    __match_args__ = ("ok", "err")

    @overload
    def __init__(self, *, ok: T_co) -> None: ...
    @overload
    def __init__(self, *, err: E_co) -> None: ...
    def __init__(self, *, ok: T_co | _Absent = _ABSENT, err: E_co | _Absent = _ABSENT) -> None:
        if (ok is _ABSENT) == (err is _ABSENT):
            given = "neither" if ok is _ABSENT else "both"
            raise ValueError(f"TaskResult takes exactly one of ok= and err=, and got {given}")
        if err is None:
            raise ValueError("TaskResult(err=None) says nothing: pass a TaskError, or ok= for a success")
        object.__setattr__(self, "ok", None if ok is _ABSENT else ok)
        object.__setattr__(self, "err", None if err is _ABSENT else err)

    def is_ok(self) -> bool:
        """Tell whether this is a success. If so, `ok_value` is safe to read."""
        return self.err is None

    def is_err(self) -> bool:
        """Tell whether this is a failure. If so, `err_value` is safe to read."""
        return self.err is not None

    @property
    def ok_value(self) -> T_co:
        """The value of a success. Raises ValueError on a failure."""
        if self.err is not None:
            _refuse_value(self.err)
        return cast("T_co", self.ok)

    @property
    def err_value(self) -> E_co:
        """The error of a failure. Raises ValueError on a success."""
        if self.err is None:
            raise ValueError(f"this result is a success, it holds no error: {self!r:.200}")
        return self.err

    def unwrap(self) -> T_co:
        """Return the value. Raises ValueError on a failure, with the task's exception, if at hand, as its cause."""
        return self.ok_value

    def unwrap_err(self) -> E_co:
        """Return the error. Raises ValueError on a success."""
        return self.err_value

    def unwrap_or(self, default: U) -> T_co | U:
        """Return the value of a success, `default` for a failure."""
        return self.ok_value if self.err is None else default

    def map(self, function: Callable[[T_co], U]) -> TaskResult[U, E_co]:
        """Return a result with `function` applied to the value; a failure is passed on as it is."""
        if self.err is not None:
            return TaskResult(err=self.err)
        return TaskResult(ok=function(self.ok_value))

    def and_then(self, function: Callable[[T_co], TaskResult[U, F]]) -> TaskResult[U, E_co | F]:
        """Return what `function` makes of the value; a failure is passed on as it is."""
        if self.err is not None:
            return TaskResult(err=self.err)
        return function(self.ok_value)

    def __repr__(self) -> str:
        content = f"ok={self.ok!r}" if self.err is None else f"err={self.err!r}"
        return f"{type(self).__name__}({content})"


def _refuse_value(error: object) -> NoReturn:
    message = f"this result is a failure, it holds no value: {error!r:.500}"
    cause = error.exception if isinstance(error, TaskError) else None
    raise ValueError(message) from (cause if isinstance(cause, BaseException) else None)
