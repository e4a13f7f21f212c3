"""Ids that programs make for themselves: PostgreSQL 12 has no `gen_random_uuid()`, and a client that knows its task's
id before it sends can repeat a send whose reply was lost.
"""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_task_id() -> UUID:
    """A fresh uuid version 7 (RFC 9562): 48 bits of wall clock in milliseconds, then 74 random bits.

    The time only makes neighbours in time neighbours in the index. Nothing is ordered by it: clocks of clients differ.
    """
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)


def new_token() -> UUID:
    """A fresh random uuid version 4, for claims and worker incarnations.

    Random, not counted: after a failover to a standby that lags, a counter could be issued twice.
    """
    return UUID(bytes=os.urandom(16), version=4)
