"""Names of the LISTEN/NOTIFY channels. A notification is a hint to look, never data: anyone may forge one."""

from __future__ import annotations

from uuid import UUID


def work_channel(schema: str) -> str:
    """Where workers of one schema hear of new work. PostgreSQL cuts names at 63 bytes; schema names end at 48."""
    return f"{schema}_work"


def reply_channel(process: UUID) -> str:
    """Where one client process hears of the results it awaits; nobody else listens there."""
    return f"horsies_reply_{process.hex}"
