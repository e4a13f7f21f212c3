"""Attempts that are over, as values: what is to become of their tasks in the database."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.lifecycle import TaskStatus


@frozen
class Settlement:
    """The end of a task: COMPLETED or FAILED, with its encoded result."""

    id: UUID
    token: UUID
    status: TaskStatus
    error_code: str | None
    result: str


@frozen
class Retry:
    """Another attempt, after a delay."""

    id: UUID
    token: UUID
    delay_seconds: float
    error_code: str
    message: str | None


@frozen
class Release:
    """A claim given back before its task's code began."""

    id: UUID
    token: UUID


@frozen
class Endings:
    """Attempts that are over, by what becomes of their tasks."""

    settlements: Sequence[Settlement] = ()
    retries: Sequence[Retry] = ()
    releases: Sequence[Release] = ()

    def __bool__(self) -> bool:
        return bool(self.settlements or self.retries or self.releases)

    def __add__(self, other: Endings) -> Endings:
        return Endings(
            [*self.settlements, *other.settlements],
            [*self.retries, *other.retries],
            [*self.releases, *other.releases],
        )

    def tokens(self) -> dict[UUID, UUID]:
        """The claim token each task is ended under."""
        return {
            ending.id: ending.token for group in (self.settlements, self.retries, self.releases) for ending in group
        }
