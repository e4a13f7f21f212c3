"""Lists, tuples, sets and mappings, as JSON arrays and objects."""

from __future__ import annotations

from collections import OrderedDict, abc
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, get_args, get_origin

from cattrs import BaseConverter

from horsies_core.annotations import Annotation
from horsies_core.codec.hooks import Decoder, Encoder, decoder_of, encoder_of
from horsies_core.codec.json_kinds import STRING, json_kinds
from horsies_core.codec.json_text import JsonTree, from_text, to_text
from horsies_core.codec.misfit import Misfit, key_step, wrong_type
from horsies_core.codec.plain import json_array, json_object

# What may be given for an annotation, and what comes back. An abstract type comes back as its usual builtin.
_ARRAYS: dict[Any, tuple[tuple[type, ...], Callable[[list[Any]], Collection[Any]]]] = {
    list: ((list,), list),
    abc.Sequence: ((list, tuple), list),
    abc.MutableSequence: ((list,), list),
    abc.Collection: ((list, tuple), list),
    abc.Iterable: ((list, tuple), list),
    set: ((set,), set),
    abc.MutableSet: ((set,), set),
    abc.Set: ((set, frozenset), set),
    frozenset: ((frozenset,), frozenset),
}
_MAPPINGS: dict[Any, tuple[tuple[type, ...], Callable[[dict[Any, Any]], Mapping[Any, Any]]]] = {
    dict: ((dict,), dict),
    OrderedDict: ((OrderedDict,), OrderedDict),
    abc.Mapping: ((dict,), dict),
    abc.MutableMapping: ((dict,), dict),
}


def is_array(annotation: Annotation) -> bool:
    """Tell whether values are any number of items of one type, other than a tuple."""
    return _origin(annotation) in _ARRAYS


def is_tuple(annotation: Annotation) -> bool:
    """Tell whether this is a tuple, bare or with arguments. A NamedTuple is a class with fields instead."""
    return _origin(annotation) is tuple


def is_mapping(annotation: Annotation) -> bool:
    """Tell whether this is a dict or one of its abstract kin."""
    return _origin(annotation) in _MAPPINGS


def _origin(annotation: Annotation) -> Any:
    return get_origin(annotation) or annotation


def encode_items(items: Iterable[Any], encode_item: Encoder) -> list[JsonTree]:
    """Encode items of one type. A fault is reported with the index."""
    encoded: list[JsonTree] = []
    try:
        for item in items:
            encoded.append(encode_item(item))  # noqa: PERF401 (its length is the index of the fault)
    except Misfit as fault:
        raise fault.at(f"[{len(encoded)}]") from None
    return encoded


def decode_items(tree: JsonTree, decode_item: Decoder) -> list[Any]:
    """Decode a JSON array of items of one type. A fault is reported with the index."""
    items: list[Any] = []
    try:
        for part in json_array(tree, "list"):
            items.append(decode_item(part, None))  # noqa: PERF401 (as above)
    except Misfit as fault:
        raise fault.at(f"[{len(items)}]") from None
    return items


def array_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    accepted, _ = _ARRAYS[_origin(annotation)]
    encode_item = encoder_of(_item_type(annotation), converter)

    def encode(value: Any) -> JsonTree:
        if not isinstance(value, accepted):
            raise wrong_type(accepted[0].__name__, value)
        return encode_items(value, encode_item)

    return encode


def array_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    _, rebuild = _ARRAYS[_origin(annotation)]
    decode_item = decoder_of(_item_type(annotation), converter)

    def decode(tree: JsonTree, _annotation: object) -> Any:
        items = decode_items(tree, decode_item)
        try:
            return rebuild(items)
        except TypeError as error:
            # A set of what has no hash.
            raise Misfit(str(error)) from None

    return decode


def _item_type(annotation: Annotation) -> Annotation:
    return (get_args(annotation) or (Any,))[0]


def tuple_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    if _is_homogeneous(annotation):
        encode_item = encoder_of(_item_type(annotation), converter)

        def encode_any_length(value: Any) -> JsonTree:
            _require_tuple(value)
            return encode_items(value, encode_item)

        return encode_any_length

    encoders = [encoder_of(part, converter) for part in _tuple_parts(annotation)]

    def encode(value: Any) -> JsonTree:
        _require_tuple(value)
        _require_length(value, len(encoders))
        return [_at_index(index, encode_part, value[index]) for index, encode_part in enumerate(encoders)]

    return encode


def tuple_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    if _is_homogeneous(annotation):
        decode_item = decoder_of(_item_type(annotation), converter)
        return lambda tree, _annotation: tuple(decode_items(tree, decode_item))

    decoders = [decoder_of(part, converter) for part in _tuple_parts(annotation)]

    def decode(tree: JsonTree, _annotation: object) -> Any:
        parts = json_array(tree, "list")
        _require_length(parts, len(decoders))
        return tuple(_at_index(index, part, parts[index], None) for index, part in enumerate(decoders))

    return decode


def _is_homogeneous(annotation: Annotation) -> bool:
    return annotation is tuple or ... in get_args(annotation) or str(annotation) == "typing.Tuple"


def _tuple_parts(annotation: Annotation) -> tuple[Annotation, ...]:
    # On Python 3.10, typing.Tuple[()] has the one argument ().
    return tuple(part for part in get_args(annotation) if part != ())


def _require_tuple(value: object) -> None:
    if not isinstance(value, tuple):
        raise wrong_type("tuple", value)


def _require_length(items: Collection[Any], length: int) -> None:
    if len(items) != length:
        raise Misfit(f"expected {length} items, got {len(items)}")


def _at_index(index: int, hook: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return hook(*arguments)
    except Misfit as fault:
        raise fault.at(f"[{index}]") from None


def mapping_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    accepted, _ = _MAPPINGS[_origin(annotation)]
    key_type, value_type = _entry_types(annotation)
    encode_key, encode_value = key_encoder(key_type, converter), encoder_of(value_type, converter)

    def encode(value: Any) -> JsonTree:
        if not isinstance(value, accepted):
            raise wrong_type(accepted[0].__name__, value)
        tree: dict[str, JsonTree] = {}
        key: object = None
        try:
            for key, item in value.items():
                tree[encode_key(key)] = encode_value(item)
        except Misfit as fault:
            raise fault.at(key_step(key)) from None
        return tree

    return encode


def mapping_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    _, rebuild = _MAPPINGS[_origin(annotation)]
    key_type, value_type = _entry_types(annotation)
    decode_key, decode_value = key_decoder(key_type, converter), decoder_of(value_type, converter)

    def decode(tree: JsonTree, _annotation: object) -> Any:
        entries: dict[Any, Any] = {}
        name = ""
        try:
            for name, item in json_object(tree, "dict").items():
                entries[decode_key(name, None)] = decode_value(item, None)
        except Misfit as fault:
            raise fault.at(key_step(name)) from None
        return rebuild(entries)

    return decode


def _entry_types(annotation: Annotation) -> tuple[Annotation, Annotation]:
    key_type, value_type = get_args(annotation) or (str, Any)
    # A key of any type is plain JSON, and there keys are str.
    return (str if key_type is Any else key_type), value_type


def key_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    """Return the encoder of keys: what becomes a JSON string stands as it is, anything else as its JSON text."""
    encode_key = encoder_of(annotation, converter)
    if json_kinds(annotation) <= {STRING}:
        return encode_key
    return lambda key: to_text(encode_key(key))


def key_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    decode_key = decoder_of(annotation, converter)
    if json_kinds(annotation) <= {STRING}:
        return decode_key
    return lambda name, _annotation: decode_key(from_text(name), None)
