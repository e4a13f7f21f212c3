"""The lease: this worker's life in the eyes of the others.

Others rescue its tasks when the lease runs out. So it must not run user code past that moment: it stamps monotonic time
before each renewal, and if no renewal has succeeded by a margin before the lease it last won can lapse, it kills its
children itself. Renewing has a connection of its own, and goes on while the worker drains.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable

import psycopg

from horsies_core.config import RecoveryConfig
from horsies_core.plans.leasing import leave, register, renew
from horsies_worker.incarnation import Incarnation
from horsies_worker.link import Link, LinkLost

log = logging.getLogger("horsies.worker")

_LARGEST_MARGIN_SECONDS = 4.0


def fence_after(lease_seconds: float) -> float:
    """How long after winning a lease a worker that could not renew it fences itself. The margin is for killing."""
    return lease_seconds - min(_LARGEST_MARGIN_SECONDS, lease_seconds / 4)


class Lease:
    """Holds and renews the worker's lease. `fence` is called when it is lost, or about to be, and `regained` when it is
    held (again): nothing could begin meanwhile, whatever was heard of.
    """

    def __init__(
        self,
        link: Link,
        incarnation: Incarnation,
        recovery: RecoveryConfig,
        *,
        fence: Callable[[], None],
        regained: Callable[[], None],
        hint: Callable[[str], None],
    ) -> None:
        self._link = link
        self._incarnation = incarnation
        self._seconds = recovery.running_stale_threshold_ms / 1000
        self._interval = recovery.heartbeat_interval_ms / 1000
        self._fence = fence
        self._regained = regained
        self._hint = hint
        self._won_at = -math.inf
        self._held_since = -math.inf
        self._fenced = False
        self._is_announced = False

    def is_held(self) -> bool:
        """Whether user code may begin: the lease cannot have lapsed yet."""
        return time.monotonic() < self._won_at + fence_after(self._seconds)

    def is_steady(self) -> bool:
        """Whether it has been held without a break for as long as a lease lasts. Until then this worker may have been
        cut off together with others, and cannot tell one that was lost from one that is just coming back.
        """
        return self.is_held() and time.monotonic() > self._held_since + self._seconds

    async def start(self) -> None:
        """Announce this incarnation, with its first lease."""
        stamp = time.monotonic()
        await self._link.run(register(self._incarnation.identity(), lease_seconds=self._seconds))
        self._is_announced = True
        self._won(stamp)

    async def run(self) -> None:
        """Renew for ever; come back as a new incarnation when this one was given up."""
        watchdog = asyncio.create_task(self._watch())
        try:
            while True:
                await asyncio.sleep(self._interval)
                try:
                    await self._renew()
                except (LinkLost, psycopg.Error) as lost:
                    log.warning("the lease could not be renewed: %s", lost)
                    await self._link.reopen()
                    await self._renew_after_reopening()
        finally:
            watchdog.cancel()

    async def stop(self) -> None:
        """Leave: nothing is held any more. If something is, the lease runs out and others rescue it."""
        if not self._is_announced:
            return
        try:
            await self._link.run(leave(self._incarnation.id))
        except (LinkLost, psycopg.Error) as lost:
            log.warning("could not say goodbye: %s", lost)

    async def _renew(self) -> None:
        stamp = time.monotonic()
        renewal = await self._link.run(renew(self._incarnation.id, lease_seconds=self._seconds))
        if renewal.is_won:
            self._won(stamp)
            if renewal.has_cancel_requests:
                self._hint("cancel")
            return
        log.error("this worker was given up for lost; its tasks are others'. It goes on as a new incarnation")
        self._fence_once()
        self._incarnation.renew()
        await self.start()

    def _won(self, stamp: float) -> None:
        was_held = self.is_held()
        self._won_at = stamp
        self._fenced = False
        if not was_held:
            self._held_since = stamp
            self._regained()

    async def _renew_after_reopening(self) -> None:
        try:
            await self._renew()
        except (LinkLost, psycopg.Error):
            await asyncio.sleep(0)  # Lost again: the next round sees it.

    async def _watch(self) -> None:
        limit = fence_after(self._seconds)
        while True:
            left = self._won_at + limit - time.monotonic()
            if left > 0:
                await asyncio.sleep(left)
                continue
            if not self._fenced:
                log.error("the lease could not be renewed for %.1f s: killing the children before it lapses", limit)
                self._fence_once()
            await asyncio.sleep(self._interval / 4)

    def _fence_once(self) -> None:
        if not self._fenced:
            self._fenced = True
            self._fence()
