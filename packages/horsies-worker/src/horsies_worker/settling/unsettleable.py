"""A turn that the database refused: one row that cannot be stored must not keep its neighbours from ending."""

from __future__ import annotations

import logging

import psycopg
from attrs import evolve

from horsies_core.codec import encode_error
from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.turning import turn
from horsies_core.result import LibraryErrorCode, TaskError
from horsies_worker.link import Link

log = logging.getLogger("horsies.worker")


async def settle_one_by_one(link: Link, endings: Endings, *, schema: str) -> None:
    """End each on its own; what is refused again ends as an error that can always be stored. Raises LinkLost: what
    was not brought home by then is taken up by rescue.
    """
    for settlement in endings.settlements:
        try:
            await link.run(turn(Endings([settlement]), [], schema=schema))
        except psycopg.Error as error:
            log.warning("the result of task %s cannot be stored: %s", settlement.id, error)
            await link.run(turn(Endings([_unstorable(settlement)]), [], schema=schema))
    for group in (Endings(retries=endings.retries), Endings(releases=endings.releases)):
        if group:
            await link.run(turn(group, [], schema=schema))


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
