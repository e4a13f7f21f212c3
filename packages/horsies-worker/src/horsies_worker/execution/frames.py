"""What supervisor and child say to each other over their socketpair.

A frame is a length, a kind, a JSON header, and a blob of payloads that the header measures out:

    | bytes | meaning                                       |
    |-------|-----------------------------------------------|
    | 4     | length of what follows, big-endian            |
    | 1     | kind                                          |
    | 4     | length of the header                          |
    | h     | header, JSON                                  |
    | rest  | payloads, one after another, not looked into  |

To the child: START, RUN, TAKE_BACK, ASK_TO_STOP, STOP. From it: READY or FAILED_TO_START, then DONE and TAKEN_BACK.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from attrs import frozen

_PREFIX = struct.Struct(">IBI")
_LENGTH = struct.Struct(">I")


class Kind(IntEnum):
    """The kinds of frames."""

    START = 1
    RUN = 2
    TAKE_BACK = 3
    STOP = 4
    ASK_TO_STOP = 5
    READY = 11
    FAILED_TO_START = 12
    DONE = 13
    TAKEN_BACK = 14


@frozen
class Frame:
    """A frame that arrived whole."""

    kind: Kind
    header: Any
    blob: bytes


def pack(kind: Kind, header: Any, blob: bytes = b"") -> bytes:
    """A frame, ready to be sent."""
    head = json.dumps(header, separators=(",", ":")).encode()
    return _PREFIX.pack(5 + len(head) + len(blob), kind, len(head)) + head + blob


class Unpacker:
    """Makes frames of a stream of bytes that arrives in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Add what arrived; the frames that are whole now."""
        self._buffer += data
        buffer, start = self._buffer, 0
        while len(buffer) - start >= _PREFIX.size:
            length, kind, header_length = _PREFIX.unpack_from(buffer, start)
            end = start + _LENGTH.size + length
            if len(buffer) < end:
                break
            body = start + _PREFIX.size
            header = json.loads(buffer[body : body + header_length])
            yield Frame(Kind(kind), header, bytes(buffer[body + header_length : end]))
            start = end
        del buffer[:start]
