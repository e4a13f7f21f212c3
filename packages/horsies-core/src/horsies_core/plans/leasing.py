"""A worker's row: its start, its lease, its leave, and giving up those whose lease ran out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.plans.steps import Plan, Query, Rows


@frozen
class WorkerIdentity:
    """One start of a worker. `host` and `pid` are for people; only the incarnation identifies."""

    incarnation: UUID
    host: str
    pid: int
    processes: int


@frozen
class LostWorker:
    """A worker that was given up because its lease ran out."""

    incarnation: UUID
    host: str
    pid: int
    just_now: bool
    """False: given up earlier, by someone, and it still holds tasks."""


def register(worker: WorkerIdentity, *, lease_seconds: float) -> Plan[None]:
    """Announce a worker with its first lease."""
    yield Query(
        "worker/register",
        {
            "incarnation": worker.incarnation,
            "host": worker.host,
            "pid": worker.pid,
            "processes": worker.processes,
            "lease": lease_seconds,
        },
    )


@frozen
class Renewal:
    """The answer to a renewal."""

    is_won: bool
    """If not, this incarnation was given up, and whatever it held is someone else's."""
    has_cancel_requests: bool = False
    """Whether a task it holds is to be cancelled: a notification may have been lost."""


def renew(incarnation: UUID, *, lease_seconds: float) -> Plan[Renewal]:
    """Extend the lease."""
    rows: Rows = yield Query("worker/renew_lease", {"incarnation": incarnation, "lease": lease_seconds})
    return Renewal(is_won=True, has_cancel_requests=rows[0][0]) if rows else Renewal(is_won=False)


def leave(incarnation: UUID) -> Plan[bool]:
    """Remove the worker's row. False: it still holds tasks, and stays until it is given up and rescued."""
    rows: Rows = yield Query("worker/leave", {"incarnation": incarnation})
    return bool(rows)


def give_up_lost() -> Plan[Sequence[LostWorker]]:
    """Mark workers whose lease ran out as lost; these, and earlier ones that still hold tasks."""
    rows: Rows = yield Query("worker/give_up_lost")
    return [LostWorker(*row) for row in rows]


def forget_lost() -> Plan[None]:
    """Remove the rows of workers that were lost long ago and hold nothing."""
    yield Query("worker/forget_lost")
