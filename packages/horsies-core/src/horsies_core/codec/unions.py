"""Unions. Where the members differ by their kind of JSON value, the value stands as it is: `int | str | None`.

Where they do not (`str | date`, two classes), it stands in an object of one key, its member: {"date": "2031-01-01"}.
The name is looked up among the members of the annotation only. Whether there is a tag depends on the annotation and
never on the value, so no value can be mistaken for one.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, TypeAlias, get_args, get_origin

from cattrs import BaseConverter

from horsies_core.annotations import Annotation, bare, name_of
from horsies_core.codec.hooks import Decoder, Encoder, decoder_of, encoder_of
from horsies_core.codec.json_kinds import INTEGER, NUMBER, OBJECT, JsonKind, json_kinds, kind_of_tree
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Misfit, Unstorable, Unsupported, wrong_type
from horsies_core.codec.plain import decode_plain, encode_plain

_Member: TypeAlias = Annotation


def union_encoder(annotation: Annotation, converter: BaseConverter) -> Encoder:
    members = _members(annotation)
    if set(members) <= {Any, NoneType}:
        return encode_plain
    tags = _tags(members)
    attempts = {member: _tagging(tags.get(member), encoder_of(member, converter)) for member in members}
    by_class = {
        owner: sorted(members, key=lambda member: _class_of(member) is not owner)
        for owner in {_class_of(member) for member in members}
    }
    if not tags and len(members) == 2 and NoneType in members:  # noqa: PLR2004 (the most frequent union by far)
        return _optional_encoder(next(attempts[member] for member in members if member is not NoneType))
    expected = name_of(annotation)

    def encode(value: Any) -> JsonTree:
        # Members of exactly this class first: `float | int` must not make a float of an int.
        order = by_class.get(type(value), members)
        faults: list[Misfit] = []
        for member in order:
            try:
                return attempts[member](value)
            except Misfit as fault:
                faults.append(fault)
        raise _most_telling(faults) or wrong_type(expected, value)

    return encode


def _optional_encoder(encode: Encoder) -> Encoder:
    return lambda value: None if value is None else encode(value)


def union_decoder(annotation: Annotation, converter: BaseConverter) -> Decoder:
    members = _members(annotation)
    if set(members) <= {Any, NoneType}:
        return decode_plain
    tags = _tags(members)
    by_tag = {tag: decoder_of(member, converter) for member, tag in tags.items()}
    by_kind = {
        kind: decoder_of(member, converter) for member in members if member not in tags for kind in json_kinds(member)
    }
    if NUMBER in by_kind:
        # 1 will do for a float, unless it is an int.
        by_kind.setdefault(INTEGER, by_kind[NUMBER])
    expected = name_of(annotation)

    def decode(tree: JsonTree, _annotation: object) -> Any:
        kind = kind_of_tree(tree)
        if by_tag and kind == OBJECT:
            tag = next(iter(tree), None)
            if len(tree) == 1 and tag in by_tag:
                return by_tag[tag](tree[tag], None)
        elif kind in by_kind:
            return by_kind[kind](tree, None)
        raise wrong_type(expected, tree)

    return decode


def _members(annotation: Annotation) -> list[_Member]:
    return list(dict.fromkeys(bare(member) for member in get_args(annotation)))


def _class_of(member: _Member) -> Any:
    return get_origin(member) or member


def _tags(members: list[_Member]) -> dict[_Member, str]:
    """Return the members that need a tag, with their tags. Raises Unsupported if two would have the same."""
    kinds: dict[_Member, frozenset[JsonKind]] = {member: json_kinds(member) for member in members}
    tagged = [
        member for member in members if any(kinds[member] & kinds[other] for other in members if other is not member)
    ]
    if tagged:
        # From now on an object is a tag, so whatever may itself be an object needs one.
        tagged = [member for member in members if member in tagged or OBJECT in kinds[member]]
    tags = {member: name_of(member) for member in tagged}
    if len(set(tags.values())) < len(tags):
        raise Unsupported(f"two members of {' | '.join(tags.values())} have the same name, and could not be told apart")
    return tags


def _tagging(tag: str | None, encode: Encoder) -> Encoder:
    return encode if tag is None else lambda value: {tag: encode(value)}


def _most_telling(faults: list[Misfit]) -> Misfit | None:
    """Return the fault of the member that was meant, if that can be told: the value had its shape, but a wrong part."""
    told = [fault for fault in faults if isinstance(fault, Unstorable)] or [
        fault for fault in faults if fault.is_nested
    ]
    return told[0] if told else None
