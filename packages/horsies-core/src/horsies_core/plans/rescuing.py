"""Rescue: settling or retrying what a lost worker left behind.

Crash points: the tasks are locked, decided upon and changed in one transaction. A rescuer that dies in it leaves them
as they were, held by a worker that stays marked as lost, and the next pass of any worker finds them. The lost worker
itself, should it wake, holds tokens that match no row.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from horsies_core.endings import Endings, Retry, Settlement
from horsies_core.plans.steps import Atomic, Plan, Query, Rows
from horsies_core.plans.turning import CANCELLED, end
from horsies_core.verdict import AttemptRecord, Outcome, decide

TASKS_PER_PASS = 200
"""A short transaction: what is left is taken by the next pass, or by another worker at the same time."""


@frozen
class Rescued:
    """What one pass found of lost workers' tasks."""

    failed: Sequence[UUID] = ()
    retried: Sequence[UUID] = ()
    cancelled: Sequence[UUID] = ()
    """Asked to be cancelled while they ran, instead of being retried."""

    @property
    def is_full(self) -> bool:
        """Whether there may be more."""
        return len(self.failed) + len(self.retried) + len(self.cancelled) >= TASKS_PER_PASS


def rescue(crashed: Outcome, *, schema: str, rng: random.Random) -> Plan[Rescued]:
    """End the running attempts of lost workers with `crashed`, or retry them where their policy says so."""
    return (yield Atomic(_rescue(crashed, schema, rng)))


def _rescue(crashed: Outcome, schema: str, rng: random.Random) -> Plan[Rescued]:
    rows: Rows = yield Query("task/held_by_lost_workers", {"limit": TASKS_PER_PASS})
    verdicts = [decide(AttemptRecord(*row), crashed, rng=rng) for row in rows]
    endings = Endings(
        settlements=[verdict for verdict in verdicts if isinstance(verdict, Settlement)],
        retries=[verdict for verdict in verdicts if isinstance(verdict, Retry)],
    )
    ended = yield from end(endings, schema=schema)
    # We hold the locks: what was not retried is to be cancelled.
    refused = endings.only({it.id for it in endings.retries} - ended)
    cancelled = (yield from end(refused.cancelled(CANCELLED), schema=schema)) if refused else frozenset[UUID]()
    return Rescued(
        failed=[it.id for it in endings.settlements if it.id in ended],
        retried=[it.id for it in endings.retries if it.id in ended],
        cancelled=[it.id for it in refused.retries if it.id in cancelled],
    )
