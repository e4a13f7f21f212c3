"""What is kept of an exception when it crosses processes: plain text, never the object."""

from __future__ import annotations

import traceback
from types import TracebackType

from attrs import field, frozen

from horsies_core.storable_text import storable_text

CHAIN_LIMIT = 10
"""How many causes of an exception are followed."""


@frozen
class ExceptionRecord:
    """An exception as text. `cause` is what it was raised from, or what was being handled when it was raised."""

    type: str
    message: str
    traceback: str = field(repr=False)
    cause: ExceptionRecord | None = None

    @classmethod
    def of(cls, exception: BaseException) -> ExceptionRecord:
        """Record `exception` and its chain of causes. Never raises, whatever the exception's own methods do.

        The texts can be stored anywhere: no NUL, no lone surrogate, no password of a URL, at most 16 KiB each.
        """
        record: ExceptionRecord | None = None
        for link in reversed(_chain(exception)):
            record = cls(
                type=_type_name(link),
                message=storable_text(_message(link), keep_end=False),
                # Of a long traceback the end tells most: where it was raised.
                traceback=storable_text(_traceback(link), keep_end=True),
                cause=record,
            )
        assert record is not None  # noqa: S101 (a chain holds at least its head)
        return record


def _chain(exception: BaseException) -> list[BaseException]:
    """Return the exception and what led to it, outermost first; circles and long chains are cut."""
    chain = [exception]
    while len(chain) <= CHAIN_LIMIT:
        cause = _cause(chain[-1])
        # By identity: an exception may define an equality of its own.
        if cause is None or any(cause is known for known in chain):
            break
        chain.append(cause)
    return chain


def _cause(exception: BaseException) -> BaseException | None:
    # Read past the exception's class, which may have redefined these names as anything.
    slots = BaseException.__dict__
    cause: BaseException | None = slots["__cause__"].__get__(exception)
    if cause is not None or slots["__suppress_context__"].__get__(exception):
        return cause
    return slots["__context__"].__get__(exception)


def _type_name(exception: BaseException) -> str:
    kind = type(exception)
    module = type.__getattribute__(kind, "__module__")
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _message(exception: BaseException) -> str:
    try:
        return str(exception)
    except BaseException as fault:  # noqa: BLE001 (foreign code; even SystemExit from a __str__ must not stop the record)
        return f"<str() of the exception raised {type(fault).__qualname__}>"


def _traceback(exception: BaseException) -> str:
    frames: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(exception)
    try:
        return "".join(traceback.format_exception(type(exception), exception, frames, chain=False))
    except BaseException:  # noqa: BLE001 (as above: formatting calls the exception's own methods)
        heading = "Traceback (most recent call last):\n" if frames else ""
        return "".join((heading, *traceback.format_tb(frames), _type_name(exception), "\n"))
