"""The one door to cattrs: which hook encodes an annotation, and which decodes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cattrs import BaseConverter

from horsies_core.annotations import Annotation, alias_value, bare, name_of
from horsies_core.codec.enumerations import enum_decoder, enum_encoder, is_enum
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Unsupported
from horsies_core.codec.scalars import is_scalar_subclass

Encoder: TypeAlias = Callable[[Any], JsonTree]
"""Turns a value into a JSON tree, or raises Misfit."""

Decoder: TypeAlias = Callable[[JsonTree, Any], Any]
"""Turns a JSON tree into a value, or raises Misfit. The second argument is cattrs' protocol: ours ignore it."""


def encoder_of(annotation: Annotation, converter: BaseConverter) -> Encoder:
    """Return the hook that encodes values of an annotation. Raises Unsupported."""
    annotation = bare(annotation)
    if is_enum(annotation):
        # Past cattrs, which would take `class Color(str, Enum)` for a str.
        return enum_encoder(annotation)
    _refuse_scalar_subclass(annotation)
    return converter.get_unstructure_hook(annotation)


def decoder_of(annotation: Annotation, converter: BaseConverter) -> Decoder:
    """Return the hook that decodes values of an annotation. Raises Unsupported."""
    annotation = bare(annotation)
    if is_enum(annotation):
        return enum_decoder(annotation)
    _refuse_scalar_subclass(annotation)
    return converter.get_structure_hook(annotation)


def _refuse_scalar_subclass(annotation: Annotation) -> None:
    if is_scalar_subclass(annotation):
        raise Unsupported(f"{name_of(annotation)} would come back as the type it derives from; use a NewType instead")


def alias_encoder(alias: Annotation, converter: BaseConverter) -> Encoder:
    """Return the encoder of a `type` alias. It is looked up at first use: the alias may contain itself."""
    encode_value: Encoder | None = None

    def encode(value: Any) -> JsonTree:
        nonlocal encode_value
        if encode_value is None:
            encode_value = encoder_of(alias_value(alias), converter)
        return encode_value(value)

    return encode


def alias_decoder(alias: Annotation, converter: BaseConverter) -> Decoder:
    """Return the decoder of a `type` alias."""
    decode_tree: Decoder | None = None

    def decode(tree: JsonTree, _annotation: object) -> Any:
        nonlocal decode_tree
        if decode_tree is None:
            decode_tree = decoder_of(alias_value(alias), converter)
        return decode_tree(tree, None)

    return decode
