"""Which error code an exception becomes: the tables that users write, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from horsies_core.error_codes import LibraryErrorCode, is_error_code, is_user_code
from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults

ExceptionMapper: TypeAlias = Mapping[type[BaseException], str]
"""From an exception's exact class to the code of the `TaskError` that it becomes."""

_CODE = ErrorCode.CONFIG_INVALID_EXCEPTION_MAPPER


def check_exception_mapper(faults: Faults, mapper: object) -> None:
    """Note a fault for every entry that is not an exception class with a user's own code."""
    if not isinstance(mapper, Mapping):
        message = f"exception_mapper must be a dict of exception classes to codes, not {type(mapper).__name__}"
        faults.add(_CODE, message, argument="exception_mapper")
        return
    for key, code in cast("Mapping[object, object]", mapper).items():
        name = key.__name__ if isinstance(key, type) else repr(key)
        if not (isinstance(key, type) and issubclass(key, BaseException)):
            message = f"exception_mapper maps {name:.80}, which is not an exception class"
            faults.add(_CODE, message, argument="exception_mapper")
        if (reason := _fault_in_user_code(code)) is not None:
            message = f"exception_mapper gives {name:.80} the code {code!r:.80}, {reason}"
            faults.add(_CODE, message, argument="exception_mapper", help=_remedy(code))


def check_default_code(faults: Faults, code: object) -> None:
    """Note a fault unless `code` may stand for exceptions that no mapper knows."""
    if code == LibraryErrorCode.UNHANDLED_EXCEPTION:
        return
    if (reason := _fault_in_user_code(code)) is not None:
        message = f"default_unhandled_error_code is {code!r:.80}, {reason}"
        faults.add(_CODE, message, argument="default_unhandled_error_code", help=_remedy(code))


def _fault_in_user_code(code: object) -> str | None:
    if not isinstance(code, str):
        return "which is not a str"
    if is_user_code(code):
        return None
    if is_error_code(code):
        return "which the library uses itself"
    return "which is not in UPPER_SNAKE_CASE"


def _remedy(code: object) -> str | None:
    if not isinstance(code, str):
        return None
    if is_error_code(code):
        return f"choose a code of your own, such as MY_{code!s}"
    return "write codes like PAYMENT_DECLINED: capital letters, digits and single underscores between them"


def code_of_exception(
    error: BaseException,
    *,
    task_mapper: ExceptionMapper,
    app_mapper: ExceptionMapper,
    task_default: str | None,
    app_default: str,
) -> str:
    """Return the code an exception becomes: by its exact class the task's, then the app's; then the task's default,
    then the app's.
    """
    kind = type(error)
    return task_mapper.get(kind) or app_mapper.get(kind) or task_default or app_default
