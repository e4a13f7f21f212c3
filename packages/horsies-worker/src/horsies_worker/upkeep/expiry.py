"""Ending tasks that were not started in time, when their time is over and not at the next poll."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import psycopg

from horsies_core.plans.expiring import expire, next_expiry
from horsies_worker.link import Link, LinkLost

log = logging.getLogger("horsies.worker")

_LONGEST_SLEEP_SECONDS = 30.0
"""A hint may be lost: then an expiry that nobody told us of is this late."""

_LOCKED_SECONDS = 0.1


class Expiry:
    """Sleeps until the next task expires. Any number of workers may do so: each task is locked, or passed over."""

    def __init__(self, link: Link, *, schema: str) -> None:
        self._link = link
        self._schema = schema
        self._hinted = asyncio.Event()

    def hint(self) -> None:
        """There may be a task that expires earlier than the next one we know of."""
        self._hinted.set()

    async def run(self) -> None:
        """Expire, for ever."""
        while True:
            self._hinted.clear()
            try:
                seconds = await self._link.run(next_expiry())
                if seconds is not None and seconds <= 0:
                    # Nothing ended: someone else has locked what is over, and will end it.
                    seconds = 0.0 if await self._expire() else _LOCKED_SECONDS
            except (LinkLost, psycopg.Error) as lost:
                log.warning("expiry postponed: %s", lost)
                seconds = 1.0
            await self._sleep(seconds)

    async def _expire(self) -> bool:
        """Whether any task was ended."""
        expired = await self._link.run(expire(schema=self._schema))
        for task_id in expired:
            log.info("task %s: TASK_EXPIRED: not started by its good_until", task_id)
        return bool(expired)

    async def _sleep(self, seconds: float | None) -> None:
        limit = _LONGEST_SLEEP_SECONDS if seconds is None else min(seconds, _LONGEST_SLEEP_SECONDS)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._hinted.wait(), limit)
