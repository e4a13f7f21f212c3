"""A turn that the database refused: one row that cannot be stored must not keep its neighbours from ending."""

from __future__ import annotations

import logging
from collections import deque

import psycopg
from attrs import evolve

from horsies_core.codec import encode_error
from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.turning import turn
from horsies_core.result import LibraryErrorCode, TaskError
from horsies_worker.link import Link
from horsies_worker.settling.outbox import Outbox

log = logging.getLogger("horsies.worker")


async def settle_one_by_one(link: Link, endings: Endings, outbox: Outbox, *, schema: str) -> None:
    """Settle each on its own; one that is refused ends as an error that can always be stored.

    Raises LinkLost and the database's other errors. What was not settled by then is in the outbox again, and so is what
    carries no result.
    """
    waiting = deque(endings.settlements)
    try:
        while waiting:
            try:
                await link.run(turn(Endings([waiting[0]]), [], schema=schema))
            except psycopg.DataError as refusal:
                log.warning("the result of task %s cannot be stored: %s", waiting[0].id, refusal)
                waiting[0] = _unstorable(waiting[0])
                await link.run(turn(Endings([waiting[0]]), [], schema=schema))
            waiting.popleft()
    finally:
        outbox.put_back(Endings(list(waiting), endings.retries, endings.releases))


def _unstorable(settlement: Settlement) -> Settlement:
    error = TaskError(
        error_code=LibraryErrorCode.WORKER_SERIALIZATION_ERROR, message="PostgreSQL refused to store the result"
    )
    return evolve(
        settlement,
        status=TaskStatus.FAILED,
        error_code=LibraryErrorCode.WORKER_SERIALIZATION_ERROR.value,
        result=encode_error(error),
    )
