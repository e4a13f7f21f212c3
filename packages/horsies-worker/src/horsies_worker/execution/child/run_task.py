"""Running one task: decode, call, check, encode. Whatever happens on the way is an outcome, never an exception."""

from __future__ import annotations

from typing import Any, cast

from attrs import frozen

from horsies_core.codec import ArgumentDecodeError, ReturnTypeMismatch, encode_error
from horsies_core.config import AppConfig
from horsies_core.errors import SerializationError
from horsies_core.exception_mapper import code_of_exception
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult
from horsies_core.task_definition import TaskDefinition


@frozen
class TaskOutcome:
    """The encoded result, and the code and message if it is an error."""

    result: str
    error_code: str | None = None
    message: str | None = None


def run_task(definition: TaskDefinition, config: AppConfig, args_text: str) -> TaskOutcome:
    """Run a plain function."""
    try:
        args, kwargs = definition.arguments.decode(args_text)
    except ArgumentDecodeError as error:
        return _failed(LibraryErrorCode.ARGUMENT_DECODE_ERROR, error.message)
    try:
        returned = definition.function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 (whatever user code raises is an outcome)
        return _raised(definition, config, error)
    return _finished(definition, returned)


async def run_async_task(definition: TaskDefinition, config: AppConfig, args_text: str) -> TaskOutcome:
    """Run a coroutine function."""
    try:
        args, kwargs = definition.arguments.decode(args_text)
    except ArgumentDecodeError as error:
        return _failed(LibraryErrorCode.ARGUMENT_DECODE_ERROR, error.message)
    try:
        returned = await definition.function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 (whatever user code raises is an outcome)
        return _raised(definition, config, error)
    return _finished(definition, returned)


def cancelled_early() -> TaskOutcome:
    """The outcome of a coroutine that was cancelled before its first step."""
    return _failed(LibraryErrorCode.TASK_CANCELLED, "the task was cancelled before it began")


def _raised(definition: TaskDefinition, config: AppConfig, error: BaseException) -> TaskOutcome:
    code = code_of_exception(
        error,
        task_mapper=definition.exception_mapper,
        app_mapper=config.exception_mapper,
        task_default=definition.default_unhandled_error_code,
        app_default=config.default_unhandled_error_code,
    )
    return _outcome_of(TaskError(error_code=code, message=_text_of(error), exception=error))


def _text_of(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except BaseException:  # noqa: BLE001 (user code as well)
        return f"{type(error).__name__} (whose text cannot be had)"


def _finished(definition: TaskDefinition, returned: Any) -> TaskOutcome:
    if not isinstance(returned, TaskResult):
        kind = "None" if returned is None else type(returned).__name__
        return _failed(
            LibraryErrorCode.TASK_EXCEPTION, f"task '{definition.name}' returned {kind} instead of a TaskResult"
        )
    return _encoded(definition, cast("TaskResult[Any, Any]", returned))


def _encoded(definition: TaskDefinition, result: TaskResult[Any, Any]) -> TaskOutcome:
    try:
        text = definition.results.encode(result)
    except ReturnTypeMismatch as error:
        return _failed(LibraryErrorCode.RETURN_TYPE_MISMATCH, f"task '{definition.name}': {error.message}")
    except SerializationError as error:
        return _failed(LibraryErrorCode.WORKER_SERIALIZATION_ERROR, f"task '{definition.name}': {error.message}")
    except BaseException as error:  # noqa: BLE001 (to encode a value may run code of its class)
        message = f"task '{definition.name}': encoding the result raised {type(error).__name__}: {_text_of(error)}"
        return _failed(LibraryErrorCode.WORKER_SERIALIZATION_ERROR, message)
    if result.is_ok():
        return TaskOutcome(text)
    error = result.err
    return TaskOutcome(text, _code_of(error), getattr(error, "message", None))


def _failed(code: LibraryErrorCode, message: str) -> TaskOutcome:
    return _outcome_of(TaskError(error_code=code, message=message))


def _outcome_of(error: TaskError) -> TaskOutcome:
    return TaskOutcome(encode_error(error), _code_of(error), error.message)


def _code_of(error: Any) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code is not None else LibraryErrorCode.TASK_EXCEPTION.value
