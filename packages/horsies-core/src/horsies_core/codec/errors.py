"""What the codecs raise."""

from __future__ import annotations

from horsies_core.errors import HorsiesError, SerializationError


class ArgumentTypeError(SerializationError, TypeError):
    """An argument that is not what its annotation says. A TypeError, as a wrong argument is for any call."""


class ArgumentDecodeError(HorsiesError):
    """Stored arguments that do not fit the function's signature, or are not readable at all."""


class ReturnTypeMismatch(HorsiesError):
    """The `ok` of a result is not what the return annotation says."""


class ResultDecodeError(HorsiesError):
    """A stored result that does not fit the return annotation, or is not readable at all."""
