"""The upkeep of history."""

from __future__ import annotations

import asyncio
import logging

import psycopg

from horsies_core.plans.leasing import forget_lost
from horsies_core.plans.partitioning import prepare_partitions
from horsies_worker.link import Link, LinkLost

log = logging.getLogger("horsies.worker")

_UPKEEP_SECONDS = 3600.0


class Upkeep:
    """Makes partitions of history ahead, and forgets workers that were lost long ago."""

    def __init__(self, link: Link, *, schema: str) -> None:
        self._link = link
        self._schema = schema

    async def run(self) -> None:
        """At once, then every hour, for ever."""
        while True:
            try:
                made = await self._link.run(prepare_partitions(self._schema))
                await self._link.run(forget_lost())
            except (LinkLost, psycopg.Error) as lost:
                log.warning("upkeep postponed: %s", lost)
            else:
                for partition in made:
                    log.info("made partition %s", partition)
            await asyncio.sleep(_UPKEEP_SECONDS)
