"""A worker's turn: settle what ended, claim what there is room for, in one commit and one round trip.

What can be cut off, and what is found afterwards:

- Before the commit: nothing happened. The next turn sends the endings again; if the worker is dead, its lease runs
  out and the tasks are rescued.
- After the commit, before the reply: settled, and claimed by us. Endings sent again match no row, and `settled_by`
  finds them under our tokens. Claims are found by `held` and released: no child ever saw them.
- After the reply, before a child has the task: RUNNING, by us. Released if we live, rescued if not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from attrs import field, frozen

from horsies_core.channels import work_channel
from horsies_core.codec import encode_error
from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.plans.steps import Pipeline, Plan, Query, Rows
from horsies_core.result import LibraryErrorCode, TaskError

CANCELLED = encode_error(TaskError(error_code=LibraryErrorCode.TASK_CANCELLED, message="the task was cancelled"))
"""The result of a task that was asked to stop while it ran, whatever its code returned."""


@frozen
class Claimed:
    """A row of a claim. Ids and payloads are passed on, not looked into."""

    id: UUID
    name: str
    args: str
    attempt: int
    retry_policy: str | None
    timeout_ms: int | None
    queue: str


@frozen
class ClaimReply:
    """What a claim got, in the order in which it is to be run."""

    tasks: Sequence[Claimed] = ()
    next_due_seconds: float | None = None
    """If it got nothing: how long until the next delayed task becomes due; None if none waits."""


@frozen
class Claim:
    """A request for up to `limit` tasks of these names, from these queues, the first queue first."""

    token: UUID
    incarnation: UUID
    queues: Sequence[str]
    names: Sequence[str]
    limit: int


@frozen
class Turn:
    """What a turn brought about. `ended` holds the ids whose endings took hold; the others had lost their claim."""

    ended: frozenset[UUID] = frozenset()
    claimed: Sequence[ClaimReply] = field(default=())
    """For each claim of the request, what it got."""


_PIN_PLANS = Query("task/pin_plans")


def turn(endings: Endings, claims: Sequence[Claim], *, schema: str) -> Plan[Turn]:
    """Settle, retry, release, then claim: at most one statement of each, one commit."""
    closing = _closing_queries(endings, schema)
    _, *replies = yield Pipeline([_PIN_PLANS, *closing, *map(_claim_query, claims)])
    ended = frozenset(row[0] for rows in replies[: len(closing)] for row in rows)
    return Turn(ended, [_claim_reply(claim, rows) for claim, rows in zip(claims, replies[len(closing) :], strict=True)])


def end(endings: Endings, *, schema: str) -> Plan[frozenset[UUID]]:
    """Settle, retry and release as statements of the surrounding transaction; the ids that took hold."""
    ended: set[UUID] = set()
    for query in _closing_queries(endings, schema):
        rows: Rows = yield query
        ended.update(row[0] for row in rows)
    return frozenset(ended)


def settled_by(tokens: Mapping[UUID, UUID | None]) -> Plan[frozenset[UUID]]:
    """Which tasks ended for good under exactly these claim tokens."""
    rows: Rows = yield Query("task/settled_by", {"ids": list(tokens), "claim_tokens": list(tokens.values())})
    return frozenset(row[0] for row in rows)


def held(incarnation: UUID) -> Plan[dict[UUID, UUID]]:
    """Task ids and claim tokens that the database says this worker holds."""
    rows: Rows = yield Query("task/held_by_worker", {"incarnation": incarnation})
    return dict(rows)


def _closing_queries(endings: Endings, schema: str) -> list[Query]:
    queries: list[Query] = []
    if endings.settlements:
        queries.append(_settle_query(sorted(endings.settlements, key=_by_id)))
    if endings.retries:
        queries.append(_retry_query(endings.retries))
    if endings.releases:
        queries.append(_release_query(endings.releases, schema))
    return queries


def _by_id(settlement: Settlement) -> int:
    """Rows are locked in the order of their ids everywhere, or two statements lock each other out."""
    return settlement.id.int


def _settle_query(settlements: Sequence[Settlement]) -> Query:
    return Query(
        "task/settle",
        {
            "ids": [it.id for it in settlements],
            "claim_tokens": [it.token for it in settlements],
            "statuses": [it.status.value for it in settlements],
            "error_codes": [it.error_code for it in settlements],
            "results": [it.result for it in settlements],
            "cancelled": CANCELLED,
        },
        binary=True,
    )


def _retry_query(retries: Sequence[Retry]) -> Query:
    return Query(
        "task/retry",
        {
            "ids": [it.id for it in retries],
            "claim_tokens": [it.token for it in retries],
            "delays": [it.delay_seconds for it in retries],
            "error_codes": [it.error_code for it in retries],
            "messages": [it.message for it in retries],
        },
    )


def _release_query(releases: Sequence[Release], schema: str) -> Query:
    return Query(
        "task/release",
        {
            "ids": [it.id for it in releases],
            "claim_tokens": [it.token for it in releases],
            "channel": work_channel(schema),
        },
    )


def _claim_query(claim: Claim) -> Query:
    return Query(
        "task/claim_and_start",
        {
            "claim_token": claim.token,
            "incarnation": claim.incarnation,
            "queues": list(claim.queues),
            "names": list(claim.names),
            "limit": claim.limit,
        },
        binary=True,
    )


def _claim_reply(claim: Claim, rows: Rows) -> ClaimReply:
    if rows[0][0] is None:
        return ClaimReply(next_due_seconds=rows[0][-1])
    # RETURNING has no order: put the tasks into claiming order again (queue, priority, due time, seq).
    ranks = {queue: rank for rank, queue in enumerate(claim.queues)}
    rows.sort(key=lambda row: (ranks[row[6]], *row[7:10]))
    return ClaimReply([Claimed(*row[:7]) for row in rows])
