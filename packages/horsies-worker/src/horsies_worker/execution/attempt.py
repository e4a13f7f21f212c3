"""An attempt: one task, claimed by this worker, until it is settled, retried or released."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

from attrs import define

from horsies_core.plans.turning import Claimed
from horsies_core.verdict import AttemptRecord


class StopReason(str, Enum):
    """Why a task that was begun is told to stop. The values go to the child."""

    CANCEL = "cancel"
    TIMEOUT = "timeout"


@define(eq=False)
class Attempt:
    """A claimed task in the supervisor's hands. The payload is passed on as it is."""

    task: Claimed
    token: UUID
    is_async: bool
    waiting_since: float
    """Monotonic time since when it waits in the supervisor for a child."""
    expected_seconds: float = 0.0
    """How long it was expected to take when it was handed to a child; coroutines take no child's time."""
    slot: int = -1
    """Its place in the child that holds it."""
    stop_reason: StopReason | None = None
    """Set once it is told to stop: that decides how it ends, whatever it returns."""

    @property
    def limit_seconds(self) -> float | None:
        """How long it may run."""
        return None if self.task.timeout_ms is None else self.task.timeout_ms / 1000

    def record(self) -> AttemptRecord:
        """What the rules need to know of it."""
        return AttemptRecord(self.task.id, self.token, self.task.attempt, self.task.retry_policy)
