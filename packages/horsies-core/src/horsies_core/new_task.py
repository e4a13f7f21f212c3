"""A task on its way into the database."""

from __future__ import annotations

from datetime import datetime
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
    run_at: datetime | None = None
    """Instead of a delay: the moment from which it may be claimed."""
    retry_policy: str | None = None
    good_until: datetime | None = None
    timeout_ms: int | None = None
    idempotency_key: str | None = None
    may_exist: bool = False
    """Its id was sent before, perhaps: then nothing is recorded twice."""
