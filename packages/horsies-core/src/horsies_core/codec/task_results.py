"""TaskResult and TaskError in JSON: {"ok": ...} or {"err": {"error_code": ..., "message": ..., ...}}.

What a TaskError does not have is left out.
"""

from __future__ import annotations

from typing import Any, cast, get_args, get_origin

from cattrs import BaseConverter

from horsies_core.annotations import Annotation
from horsies_core.codec.hooks import Decoder, Encoder, decoder_of, encoder_of
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Misfit, wrong_type
from horsies_core.codec.plain import encode_plain, json_object
from horsies_core.codec.scalars import decode_str, encode_str
from horsies_core.exception_record import ExceptionRecord
from horsies_core.result import TaskError, TaskResult


def is_task_result(annotation: Annotation) -> bool:
    """Tell whether this is `TaskResult[...]`."""
    return (get_origin(annotation) or annotation) is TaskResult


def is_task_error(annotation: Annotation) -> bool:
    return annotation is TaskError


def is_result_type(annotation: Annotation) -> bool:
    """Tell whether this is stored in the form of this file, not by its fields."""
    return is_task_result(annotation) or is_task_error(annotation)


def task_result_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    ok_type, err_type = _sides(annotation)
    encode_ok, encode_err = encoder_of(ok_type, converter), encoder_of(err_type, converter)

    def encode(value: Any) -> JsonTree:
        if type(value) is not TaskResult:
            raise wrong_type("TaskResult", value)
        result = cast("TaskResult[Any, Any]", value)
        side = "ok" if result.err is None else "err"
        try:
            return {side: encode_ok(result.ok) if result.err is None else encode_err(result.err)}
        except Misfit as fault:
            raise fault.at(f".{side}") from None

    return encode


def task_result_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    ok_type, err_type = _sides(annotation)
    decode_ok, decode_err = decoder_of(ok_type, converter), decoder_of(err_type, converter)

    def decode(tree: JsonTree, _annotation: object) -> TaskResult[Any, Any]:
        given = json_object(tree, "TaskResult")
        side = next(iter(given), None)
        try:
            if side == "ok" and len(given) == 1:
                return TaskResult(ok=decode_ok(given["ok"], None))
            if side == "err" and len(given) == 1:
                return TaskResult(err=decode_err(given["err"], None))
        except Misfit as fault:
            raise fault.at(f".{side}") from None
        raise Misfit("expected TaskResult: an object with ok or err")

    return decode


def _sides(annotation: Annotation) -> tuple[Annotation, Annotation]:
    given = get_args(annotation)
    return (given[0] if given else Any), (given[1] if len(given) > 1 else TaskError)


def task_error_encoder(_annotation: Annotation, converter: BaseConverter) -> Encoder:
    encoders: dict[str, Encoder] = {
        "error_code": lambda code: encode_str(str(code)),
        "message": encode_str,
        "data": encode_plain,
        "exception": encoder_of(ExceptionRecord, converter),
    }

    def encode(value: Any) -> JsonTree:
        if not isinstance(value, TaskError):
            raise wrong_type("TaskError", value)
        error = value.portable()
        tree: dict[str, JsonTree] = {}
        for name, encode_field in encoders.items():
            item = getattr(error, name)
            if item is not None:
                tree[name] = _at(name, encode_field, item)
        return tree

    return encode


def task_error_decoder(_annotation: Annotation, converter: BaseConverter) -> Decoder:
    decode_record = decoder_of(ExceptionRecord, converter)
    decoders: dict[str, Decoder] = {"error_code": decode_str, "message": decode_str, "exception": decode_record}

    def decode(tree: JsonTree, _annotation: object) -> TaskError:
        given = json_object(tree, "TaskError")
        fields: dict[str, Any] = {
            name: _at(name, decode_field, given[name], None)
            for name, decode_field in decoders.items()
            if given.get(name) is not None
        }
        return TaskError(data=given.get("data"), **fields)

    return decode


def _at(name: str, hook: Any, *arguments: Any) -> Any:
    try:
        return hook(*arguments)
    except Misfit as fault:
        raise fault.at(f".{name}") from None
