"""Rescue: any worker ends or retries what a lost one left behind."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence

import psycopg

from horsies_core.config import AppConfig
from horsies_core.plans.leasing import LostWorker, give_up_lost
from horsies_core.plans.rescuing import Rescued, rescue
from horsies_worker.execution.given_outcomes import crashed
from horsies_worker.link import Link, LinkLost

log = logging.getLogger("horsies.worker")


class Rescuer:
    """Looks for lost workers every `check_interval_ms`. Several may at once: rows are locked, or passed over.

    `may_judge` tells whether this worker was there itself while others' leases ran out; `retried` hears that tasks were
    put back, due soon.
    """

    def __init__(
        self, link: Link, config: AppConfig, *, may_judge: Callable[[], bool], retried: Callable[[], None]
    ) -> None:
        self._link = link
        self._may_judge = may_judge
        self._retried = retried
        self._schema = config.broker.schema
        self._interval = config.recovery.check_interval_ms / 1000
        self._lease_seconds = config.recovery.running_stale_threshold_ms / 1000
        # For jitter; nothing secret.
        self._rng = random.Random()  # noqa: S311

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            # Jitter: workers restarted together must not look together for ever.
            await asyncio.sleep(self._interval * self._rng.uniform(0.9, 1.0))
            try:
                if self._may_judge():
                    await self._look()
            except (LinkLost, psycopg.Error) as lost:
                log.warning("rescue postponed: %s", lost)

    async def _look(self) -> None:
        lost = await self._link.run(give_up_lost())
        for worker in lost:
            if worker.just_now:
                log.warning("worker %s:%d (%s) is lost: its lease ran out", worker.host, worker.pid, worker.incarnation)
        while lost:
            rescued = await self._rescue_some(lost)
            if not rescued.is_full:
                return

    async def _rescue_some(self, lost: Sequence[LostWorker]) -> Rescued:
        names = ", ".join(f"{worker.host}:{worker.pid}" for worker in lost)
        outcome = crashed(
            f"the worker running it was lost: no lease for {self._lease_seconds:g} s ({names})",
            {"lease_seconds": self._lease_seconds},
        )
        rescued = await self._link.run(rescue(outcome, schema=self._schema, rng=self._rng))
        for task_id in rescued.failed:
            log.error("task %s: WORKER_CRASHED: it ran on a worker that was lost", task_id)
        for task_id in rescued.retried:
            log.warning("task %s: retried: it ran on a worker that was lost", task_id)
        for task_id in rescued.cancelled:
            log.warning("task %s: TASK_CANCELLED: it ran on a worker that was lost", task_id)
        if rescued.retried:
            self._retried()
        return rescued
