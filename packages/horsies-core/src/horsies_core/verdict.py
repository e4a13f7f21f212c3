"""What becomes of a task whose attempt is over: the rule, before anything touches the database."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from attrs import frozen

from horsies_core.endings import Retry, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.retry import RetryPolicy, next_delay, should_retry
from horsies_core.storable_text import storable_text


@frozen
class Outcome:
    """How an attempt ended, as far as rules and rows need to know it; `result` stays encoded."""

    result: str
    error_code: str | None = None
    """None: it ended with `ok`."""
    message: str | None = None


@frozen
class AttemptRecord:
    """The attempt it was: the claim it ran under, its number (from 1), and the task's retry policy as stored."""

    id: UUID
    token: UUID
    number: int
    retry_policy: str | None


def decide(attempt: AttemptRecord, outcome: Outcome, *, rng: random.Random) -> Settlement | Retry:
    """COMPLETED, FAILED, or another attempt if the policy has one left for this error code.

    Code and message are the user's words; what PostgreSQL would refuse in them is escaped.
    """
    if outcome.error_code is None:
        return Settlement(attempt.id, attempt.token, TaskStatus.COMPLETED, None, outcome.result)
    delay = _retry_delay(attempt, outcome.error_code, rng)
    if delay is None:
        return Settlement(
            attempt.id, attempt.token, TaskStatus.FAILED, storable_text(outcome.error_code), outcome.result
        )
    message = None if outcome.message is None else storable_text(outcome.message)
    return Retry(attempt.id, attempt.token, delay.total_seconds(), outcome.error_code, message, outcome.result)


def _retry_delay(attempt: AttemptRecord, error_code: str, rng: random.Random) -> timedelta | None:
    if attempt.retry_policy is None:
        return None
    try:
        policy = RetryPolicy.from_json(attempt.retry_policy)
    except (TypeError, ValueError):
        # Written by another version, or by hand: one such row must not keep its neighbours from being settled.
        return None
    return next_delay(policy, attempt.number, rng) if should_retry(policy, attempt.number, error_code) else None
