"""Hearing of new work. The connection checks itself: cut behind a proxy, it would be silent for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from horsies_core.channels import work_channel
from horsies_core.plans import Plan, Query, Script
from horsies_worker.link import Link, LinkLost

log = logging.getLogger("horsies.worker")

_CHECK_SECONDS = 10.0


class WorkListener:
    """Listens on the schema's work channel and passes payloads on as hints."""

    def __init__(self, link: Link, *, schema: str, hint: Callable[[str], None]) -> None:
        self._link = link
        self._channel = work_channel(schema)
        self._hint = hint

    async def start(self) -> None:
        """Subscribe, before the first look for work."""
        await self._link.run(_listen(self._channel))

    async def run(self) -> None:
        """Pass hints on for ever. After every interruption: subscribe, then look, because something was missed."""
        while True:
            try:
                await self._hear()
            except (LinkLost, psycopg.Error) as lost:
                log.warning("listen connection lost: %s; polling until it is back", lost)
                await self._link.reopen()
                await self._resubscribe()

    async def _hear(self) -> None:
        while True:
            heard = False
            async for notification in self._link.connection.notifies(timeout=_CHECK_SECONDS, stop_after=1):
                heard = True
                self._hint(notification.payload)
            if not heard:
                await self._link.run(_check())

    async def _resubscribe(self) -> None:
        try:
            await self.start()
        except (LinkLost, psycopg.Error):
            await asyncio.sleep(0)  # Lost again: `run` sees it and reopens.
        self._hint("")
        self._hint("later")


def _listen(channel: str) -> Plan[None]:
    yield Script(f'listen "{channel}"')


def _check() -> Plan[None]:
    yield Query("worker/check_link")
