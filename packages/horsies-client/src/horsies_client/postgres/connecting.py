"""How horsies connects: one place for the settings of every connection, in clients and in workers."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

CONNECT_SECONDS = 10

REASON_SECONDS = 2
"""For the one attempt that is to tell why a pool got no connection: the caller has waited long enough already."""

_DEFAULTS: dict[str, Any] = {
    "application_name": "horsies",
    "connect_timeout": CONNECT_SECONDS,
    # A peer that vanished without a word is noticed in seconds, not in the kernel's two hours.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def connection_settings(url: str, *, application_name: str = "horsies") -> dict[str, Any]:
    """Keyword arguments for `connect`: what the URL says, and our defaults for what it leaves out."""
    defaults = {**_DEFAULTS, "application_name": application_name}
    return {**defaults, **conninfo_to_dict(url), "autocommit": True}


def check_idle(connection: psycopg.Connection[Any]) -> None:
    """Refuse a pooled connection that the server closed while it lay idle. No round trip: an idle connection has
    nothing to say, so one that is readable says goodbye.
    """
    if _is_readable(connection.fileno()):
        connection.execute("")


async def check_idle_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """The same for an asyncio connection."""
    if _is_readable(connection.fileno()):
        await connection.execute("")


def _is_readable(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))
