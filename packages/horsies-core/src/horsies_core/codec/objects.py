"""Values with fields, as JSON objects by field name.

Fields the class does not have are passed over when reading: an older process reads what a newer one wrote.
"""

from __future__ import annotations

from typing import Any, cast, get_origin

from cattrs import BaseConverter

from horsies_core.annotations import Annotation
from horsies_core.codec.hooks import Decoder, Encoder, decoder_of, encoder_of
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Misfit, wrong_type
from horsies_core.codec.object_fields import is_typed_dict, object_fields
from horsies_core.codec.plain import json_object


def object_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    """Return the encoder of a class with fields. Their hooks are looked up at first use: it may contain itself."""
    if is_typed_dict(annotation):
        return _typed_dict_encoder(annotation, converter)
    owner = cast("type", get_origin(annotation) or annotation)
    fields = object_fields(annotation)
    plan: list[tuple[str, Encoder]] | None = None

    def encode(value: Any) -> JsonTree:
        nonlocal plan
        # Exactly this class: fields that a subclass adds would be lost.
        if type(value) is not owner:
            raise wrong_type(owner.__name__, value)
        if plan is None:
            plan = [(spec.name, encoder_of(spec.annotation, converter)) for spec in fields]
        tree: dict[str, JsonTree] = {}
        name = ""
        try:
            for name, encode_field in plan:
                tree[name] = encode_field(getattr(value, name))
        except Misfit as fault:
            raise fault.at(f".{name}") from None
        return tree

    return encode


def _typed_dict_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    owner = cast("type", get_origin(annotation) or annotation)
    fields = {spec.name: spec for spec in object_fields(annotation)}
    required = [name for name, spec in fields.items() if spec.required]
    plan: dict[str, Encoder] | None = None

    def encode(value: Any) -> JsonTree:
        nonlocal plan
        if not isinstance(value, dict):
            raise wrong_type(owner.__name__, value)
        if plan is None:
            plan = {name: encoder_of(spec.annotation, converter) for name, spec in fields.items()}
        given = cast("dict[str, Any]", value)
        _require(required, given)
        tree: dict[str, JsonTree] = {}
        for name, item in given.items():
            try:
                if name not in plan:
                    raise Misfit(f"{owner.__name__} has no such key")
                tree[name] = plan[name](item)
            except Misfit as fault:
                raise fault.at(f".{name}") from None
        return tree

    return encode


def object_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    """Return the decoder of a class with fields."""
    owner = cast("Any", get_origin(annotation) or annotation)
    fields = object_fields(annotation)
    required = [spec.name for spec in fields if spec.required]
    plan: list[tuple[str, str, Decoder]] | None = None

    def decode(tree: JsonTree, _annotation: object) -> Any:
        nonlocal plan
        given = json_object(tree, owner.__name__)
        if plan is None:
            plan = [(spec.name, spec.argument, decoder_of(spec.annotation, converter)) for spec in fields]
        _require(required, given)
        arguments: dict[str, Any] = {}
        name = ""
        try:
            for name, argument, decode_field in plan:
                if name in given:
                    arguments[argument] = decode_field(given[name], None)
        except Misfit as fault:
            raise fault.at(f".{name}") from None
        return _construct(owner, arguments)

    return decode


def _require(names: list[str], given: dict[str, Any]) -> None:
    for name in names:
        if name not in given:
            raise Misfit("is missing").at(f".{name}")


def _construct(owner: Any, arguments: dict[str, Any]) -> Any:
    try:
        return owner(**arguments)
    except Exception as error:
        # The class's own validation: its exceptions may be anything.
        raise Misfit(f"{owner.__name__} refused it: {type(error).__name__}: {error}") from error
