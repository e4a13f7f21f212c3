"""An attempt: one task, claimed by this worker, until it is settled, retried or released."""

from __future__ import annotations

from uuid import UUID

from attrs import define

from horsies_core.plans.turning import Claimed
from horsies_core.verdict import AttemptRecord


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

    def record(self) -> AttemptRecord:
        """What the rules need to know of it."""
        return AttemptRecord(self.task.id, self.token, self.task.attempt, self.task.retry_policy)
