"""The result of a task as JSON text, with and without its annotation at hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import evolve

from horsies_core.annotations import Annotation
from horsies_core.codec.converter import check_supported, shared_converter
from horsies_core.codec.errors import ResultDecodeError, ReturnTypeMismatch
from horsies_core.codec.hooks import decoder_of, encoder_of
from horsies_core.codec.json_text import DEFAULT_MAX_BYTES, from_text, to_text
from horsies_core.codec.misfit import Misfit, Unstorable, Unsupported
from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import ErrorCode, HorsiesError, SerializationError, TaskDefinitionError
from horsies_core.result import TaskError, TaskResult

_KEPT_BYTES = 16 * 1024


class ResultCodec:
    """Encodes and decodes the results of tasks that return `TaskResult[ok_type, err_type]`."""

    __slots__ = ("_decode", "_encode", "_max_bytes")

    def __init__(
        self,
        ok_type: Annotation,
        err_type: Annotation = TaskError,
        *,
        max_bytes: int = DEFAULT_MAX_BYTES,
        where: SourceLocation | None = None,
    ) -> None:
        """Prepare the codec. Raises TaskDefinitionError if values of `ok_type` cannot be stored."""
        converter = shared_converter()
        annotation: Annotation = TaskResult[ok_type, err_type]
        try:
            check_supported(annotation, converter)
        except Unsupported as fault:
            raise TaskDefinitionError(
                f"the result cannot be stored: {fault}", code=ErrorCode.TASK_INVALID_RETURN_TYPE, where=where
            ) from None
        self._encode = encoder_of(annotation, converter)
        self._decode = decoder_of(annotation, converter)
        self._max_bytes = max_bytes

    def encode(self, result: TaskResult[Any, Any]) -> str:
        """Return the result as JSON text.

        Raises ReturnTypeMismatch if it is not of the declared types, SerializationError if it cannot be stored.
        """
        try:
            return to_text(self._encode(result), max_bytes=self._max_bytes)
        except Unstorable as fault:
            raise SerializationError(f"the result cannot be stored: {fault}") from fault
        except Misfit as fault:
            raise ReturnTypeMismatch(f"the result is not what the task declares: {fault}") from fault
        except RecursionError as error:
            raise SerializationError("the result is nested too deeply, or contains itself") from error

    def decode(self, text: str) -> TaskResult[Any, Any]:
        """Return the result that was encoded. Raises ResultDecodeError."""
        try:
            return self._decode(from_text(text), None)
        except Misfit as fault:
            raise ResultDecodeError(f"the stored result cannot be read: {fault}") from fault
        except RecursionError as error:
            raise ResultDecodeError("the stored result is nested too deeply") from error


@cache
def _untyped() -> ResultCodec:
    return ResultCodec(Any)


def decode_untyped(text: str) -> TaskResult[Any, TaskError]:
    """Return a result whose `ok`, if it is one, is left as plain JSON. Raises ResultDecodeError."""
    return _untyped().decode(text)


def encode_error(error: TaskError) -> str:
    """Return a failure as JSON text, without knowing the task. Never fails: what cannot be stored is told in words."""
    codec = _untyped()
    try:
        return codec.encode(TaskResult(err=error))
    except Exception as fault:  # noqa: BLE001 (a task whose failure cannot be stored must end all the same)
        told = _in_words(error, fault)
    try:
        return codec.encode(TaskResult(err=evolve(told, exception=error.exception)))
    except Exception:  # noqa: BLE001 (as above)
        return codec.encode(TaskResult(err=told))


def _in_words(error: TaskError, fault: Exception) -> TaskError:
    reason = fault.message if isinstance(fault, HorsiesError) else type(fault).__name__
    message = f"{_clean(error.message or 'the task failed')} (its error is kept without data: {_clean(reason)})"
    return TaskError(None if error.error_code is None else _clean(str(error.error_code)), message)


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace")[:_KEPT_BYTES].decode("utf-8", "ignore")
