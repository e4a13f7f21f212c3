"""Attempts that are over, as values: what is to become of their tasks in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.error_codes import LibraryErrorCode
from horsies_core.lifecycle import TaskStatus


@frozen
class Settlement:
    """The end of a task, with its encoded result. Without a token: of one that is pending still."""

    id: UUID
    token: UUID | None
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
    result: str
    """Of the attempt that failed: what the task ends with if there is to be no other."""


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

    def only(self, ids: Collection[UUID]) -> Endings:
        """Those of these tasks."""
        return Endings(
            [it for it in self.settlements if it.id in ids],
            [it for it in self.retries if it.id in ids],
            [it for it in self.releases if it.id in ids],
        )

    def cancelled(self, result: str) -> Endings:
        """The same tasks, ended as cancelled."""
        code = LibraryErrorCode.TASK_CANCELLED.value
        pairs = self.tokens().items()
        return Endings([Settlement(task_id, token, TaskStatus.CANCELLED, code, result) for task_id, token in pairs])

    def tokens(self) -> dict[UUID, UUID | None]:
        """The claim token each task is ended under."""
        return {
            ending.id: ending.token for group in (self.settlements, self.retries, self.releases) for ending in group
        }
