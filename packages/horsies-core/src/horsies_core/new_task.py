"""A task on its way into the database."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen


@frozen
class NewTask:
    """A task as it is sent: arguments already encoded, queue and priority already decided."""

    id: UUID
    name: str
    queue: str
    priority: int
    args: str
    delay_seconds: float = 0.0
    retry_policy: str | None = None
