"""Values to JSON text and back, driven by annotations in both directions.

No type is ever looked up by a name found in the text; nothing is pickled.
"""

from __future__ import annotations

from horsies_core.codec.arguments import ArgumentsCodec
from horsies_core.codec.errors import ArgumentDecodeError, ArgumentTypeError, ResultDecodeError, ReturnTypeMismatch
from horsies_core.codec.json_text import DEFAULT_MAX_BYTES, MAX_DEPTH, MAX_DIGITS
from horsies_core.codec.results import ResultCodec, decode_untyped, encode_error

__all__ = [
    "DEFAULT_MAX_BYTES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "ArgumentDecodeError",
    "ArgumentTypeError",
    "ArgumentsCodec",
    "ResultCodec",
    "ResultDecodeError",
    "ReturnTypeMismatch",
    "decode_untyped",
    "encode_error",
]
