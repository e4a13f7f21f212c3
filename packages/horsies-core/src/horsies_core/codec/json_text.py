"""JSON text that PostgreSQL can store and Python reads back unchanged: limits checked, nothing silently altered."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any, NoReturn, cast

from horsies_core.codec.misfit import Misfit, Unstorable

JsonTree = Any
"""What `json` reads and writes: dict with str keys, list, str, int, float, bool, None."""

MAX_DEPTH = 500
"""Levels of lists and objects. Python's own JSON gives up somewhere above, where depends on the caller's stack."""

MAX_DIGITS = 4300
"""Digits of an integer: what Python converts by default."""

DEFAULT_MAX_BYTES = 16 * 1024 * 1024

_INTEGER_BOUND = 10**MAX_DIGITS
_SHORTEST_TOO_DEEP = 2 * (MAX_DEPTH + 1)
_SPLIT_CHARACTER = re.compile("[\ud800-\udbff][\udc00-\udfff]")

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode
_encode_as_ascii = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


def to_text(tree: JsonTree, *, max_bytes: int = DEFAULT_MAX_BYTES) -> str:
    """Write a tree as compact JSON, valid as UTF-8 and free of NUL. Raises Unstorable."""
    try:
        text = _encode(tree)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise Unstorable(str(error)) from None
    if text.isascii():
        size = len(text)
    else:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            text = _with_lone_surrogates(tree, text)
            size = len(text)
    if size > max_bytes:
        raise Unstorable(f"takes {size:,} bytes as JSON; the limit is {max_bytes:,}")
    _refuse_deep(tree, text)
    return text


def from_text(text: str) -> JsonTree:
    """Read JSON. Raises Misfit for what is not JSON, or beyond the limits of `to_text`."""
    try:
        tree = _decode(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise Misfit(f"not readable as JSON: {error}") from None
    _refuse_deep(tree, text)
    return tree


def check_integer(value: int) -> None:
    """Raises Unstorable for an integer of more digits than Python reads back."""
    if not -_INTEGER_BOUND < value < _INTEGER_BOUND:
        raise Unstorable(f"an int of more than {MAX_DIGITS} digits cannot be stored; send it as a str")


def check_finite(value: float) -> None:
    """Raises Unstorable for NaN and the infinities, which JSON does not have."""
    if not math.isfinite(value):
        raise Unstorable(f"{value!r} has no JSON form; send None or a str in its place")


def _with_lone_surrogates(tree: JsonTree, text: str) -> str:
    # As escapes: JSON can say "\ud800", UTF-8 cannot. But two escapes in a row would be read back as one character.
    if _SPLIT_CHARACTER.search(text):
        raise Unstorable("a str holds a character split into two surrogates, which would come back joined")
    return _encode_as_ascii(tree)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise Misfit(f"the number {digits[:40]} is beyond the range of a float")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise Misfit(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_float=_finite_float, parse_constant=_refuse_constant).decode


def _refuse_deep(tree: JsonTree, text: str) -> None:
    # Counting brackets is quick and nearly always enough; only text with many is looked into.
    if len(text) >= _SHORTEST_TOO_DEEP and text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(tree):
        raise _too_deep()


def _is_deep(tree: JsonTree) -> bool:
    level: list[JsonTree] = [tree]
    for _ in range(MAX_DEPTH + 1):
        level = [part for part in level if isinstance(part, (dict, list))]
        if not level:
            return False
        level = list(chain.from_iterable(_parts(part) for part in level))
    return True


def _parts(container: JsonTree) -> Iterable[JsonTree]:
    return cast("Iterable[JsonTree]", container.values() if isinstance(container, dict) else container)


def _too_deep() -> Unstorable:
    return Unstorable(f"nested deeper than {MAX_DEPTH} levels")
