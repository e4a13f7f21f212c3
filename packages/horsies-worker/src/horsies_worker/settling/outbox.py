"""Endings that wait for the next turn. They pile up while a turn is in flight, or the database is away, and go out
together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.verdict import Outcome, decide
from horsies_worker.execution.attempt import Attempt


class Outbox:
    """Decides what becomes of each attempt and keeps it until the database has it."""

    def __init__(self) -> None:
        self._settlements: list[Settlement] = []
        self._retries: list[Retry] = []
        self._releases: list[Release] = []
        # For jitter; nothing secret.
        self._rng = random.Random()  # noqa: S311

    def __bool__(self) -> bool:
        return bool(self._settlements or self._retries or self._releases)

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """An attempt is over."""
        verdict = decide(attempt.record(), outcome, rng=self._rng)
        if isinstance(verdict, Settlement):
            self._settlements.append(verdict)
        else:
            self._retries.append(verdict)

    def released(self, attempts: Sequence[Attempt]) -> None:
        """These never began."""
        self._releases += [Release(attempt.task.id, attempt.token) for attempt in attempts]

    def disowned(self, tokens: dict[UUID, UUID]) -> None:
        """Claimed in our name by a turn whose reply was lost: nobody here ever saw them."""
        self._releases += [Release(task_id, token) for task_id, token in tokens.items()]

    def take(self) -> Endings:
        """Everything that waits. It is the caller's now, to bring to the database or to put back."""
        endings = Endings(self._settlements, self._retries, self._releases)
        self._settlements, self._retries, self._releases = [], [], []
        return endings

    def put_back(self, endings: Endings) -> None:
        """The database did not confirm these; the next turn brings them again, before newer ones."""
        self._settlements = [*endings.settlements, *self._settlements]
        self._retries = [*endings.retries, *self._retries]
        self._releases = [*endings.releases, *self._releases]

    def tokens(self) -> dict[UUID, UUID | None]:
        """The claim token of every task that waits here."""
        return Endings(self._settlements, self._retries, self._releases).tokens()
