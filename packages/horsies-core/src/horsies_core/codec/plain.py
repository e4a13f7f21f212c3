"""Plain JSON: what a parameter without an annotation, or with `Any`, `dict` or `list`, may carry.

Accepted is what equals its copy after the journey. A tuple would come back as a list and the key 1 as "1", so these
are refused with advice rather than changed.
"""

from __future__ import annotations

from typing import Any, cast

from horsies_core.codec.json_text import MAX_DEPTH, JsonTree, check_finite, check_integer
from horsies_core.codec.misfit import Unstorable, key_step, shown, wrong_type


def encode_plain(value: Any) -> JsonTree:
    """Return `value` itself if it is plain JSON. Raises Unstorable with the path to what is not."""
    _check(value, 0)
    return value


def decode_plain(tree: JsonTree, _annotation: object = None) -> Any:
    """Return the tree as it was read."""
    return tree


def json_object(tree: JsonTree, expected: str) -> dict[str, JsonTree]:
    """Return the tree as the JSON object that it has to be. Raises Misfit."""
    if type(tree) is not dict:
        raise wrong_type(expected, tree)
    return cast("dict[str, JsonTree]", tree)


def json_array(tree: JsonTree, expected: str) -> list[JsonTree]:
    """Return the tree as the JSON array that it has to be. Raises Misfit."""
    if type(tree) is not list:
        raise wrong_type(expected, tree)
    return cast("list[JsonTree]", tree)


def _check(value: object, depth: int) -> None:
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        check_integer(value)
    elif isinstance(value, float):
        check_finite(value)
    elif depth >= MAX_DEPTH:
        # Here and not only in the text: a list that contains itself has no end.
        raise Unstorable(f"nested deeper than {MAX_DEPTH} levels, or contains itself")
    elif isinstance(value, dict):
        _check_object(cast("dict[object, object]", value), depth)
    elif isinstance(value, list):
        _check_array(cast("list[object]", value), depth)
    else:
        raise Unstorable(f"{shown(value)} is not plain JSON; an annotation would say how to store it")


def _check_object(value: dict[object, object], depth: int) -> None:
    key: object = None
    try:
        for key, item in value.items():
            if not isinstance(key, str):
                raise Unstorable(f"the key is {shown(key)}, JSON has only str; annotate it, as in dict[int, str]")
            _check(item, depth + 1)
    except Unstorable as fault:
        raise fault.at(key_step(key)) from None


def _check_array(value: list[object], depth: int) -> None:
    index = -1
    try:
        for index, item in enumerate(value):  # noqa: B007 (its last value is used)
            _check(item, depth + 1)
    except Unstorable as fault:
        raise fault.at(f"[{index}]") from None
