"""The supervisor: builds the worker's parts, wires them, starts them in order and stops them in reverse.

No rules live here. It imports no user code either: a child did, and said what must be known of the app.
"""

from __future__ import annotations

import asyncio
import logging

import psycopg
from attrs import frozen

from horsies_client.database_url import DatabaseAddress
from horsies_client.postgres.schema_check import check_version
from horsies_client.postgres.trouble import broker_error
from horsies_core.config import AppConfig
from horsies_core.plans.migrating import ensure_schema
from horsies_core.verdict import Outcome
from horsies_worker.app_facts import AppFacts
from horsies_worker.claiming.listener import WorkListener
from horsies_worker.claiming.turns import TurnLoop
from horsies_worker.execution.attempt import Attempt
from horsies_worker.execution.child_process import ChildProcess
from horsies_worker.execution.death import Death
from horsies_worker.execution.nursery import Nursery
from horsies_worker.execution.pool import ChildPool, PoolEvents
from horsies_worker.incarnation import Incarnation
from horsies_worker.link import Link
from horsies_worker.options import WorkerOptions
from horsies_worker.recovery.lease import Lease
from horsies_worker.recovery.rescue import Rescuer
from horsies_worker.services import Services
from horsies_worker.settling.outbox import Outbox
from horsies_worker.upkeep.expiry import Expiry
from horsies_worker.upkeep.history import Upkeep

log = logging.getLogger("horsies.worker")

_DEFAULT_QUEUE = "default"
_CHILD_EXIT_SECONDS = 2.0
_LAST_TURNS_SECONDS = 10.0


@frozen
class Links:
    """The worker's three connections, however many children it has: work and upkeep, the lease, and LISTEN."""

    work: Link
    lease: Link
    listen: Link

    @classmethod
    def to(cls, address: DatabaseAddress, config: AppConfig) -> Links:
        """Not connected yet."""
        schema, resilience = config.broker.schema, config.resilience
        lease_seconds = config.recovery.running_stale_threshold_ms / 1000

        def link(role: str, url: str, deadline_seconds: float) -> Link:
            return Link(
                role,
                url,
                schema,
                resilience,
                deadline_seconds=deadline_seconds,
                before_connecting=address.revive,
            )

        return cls(
            work=link("work", address.url, 30.0),
            # A renewal that takes longer than this is better tried again on another connection.
            lease=link("lease", address.url, lease_seconds / 4),
            listen=link("listen", address.listen_url, 10.0),
        )

    async def close(self) -> None:
        """Close all of them."""
        for link in (self.listen, self.work, self.lease):
            await link.close()


class Supervisor:
    """One worker. `stop` may be called from a signal handler of its loop."""

    def __init__(self, facts: AppFacts, options: WorkerOptions, address: DatabaseAddress) -> None:
        config, schema = facts.config, facts.config.broker.schema
        self._facts = facts
        self._options = options
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()
        self._drained = asyncio.Event()
        self._services = Services()
        self._links = Links.to(address, config)
        self._incarnation = Incarnation(options.processes)
        self._outbox = Outbox()
        self._expiry = Expiry(self._links.work, schema=schema)
        self._lease = Lease(
            self._links.lease,
            self._incarnation,
            config.recovery,
            fence=self._fence,
            regained=lambda: self._hint(""),
            hint=self._hint,
        )
        events = PoolEvents(
            ended=self._ended, released=self._outbox.released, changed=self._changed, died=self._child_died
        )
        self._pool = ChildPool(events, facts.tasks, concurrency=options.concurrency, may_begin=self._lease.is_held)
        self._nursery = Nursery(self._pool, options)
        self._turns = TurnLoop(
            self._links.work,
            self._pool,
            self._outbox,
            self._incarnation,
            schema=schema,
            queues=[_DEFAULT_QUEUE],
            poll_seconds=config.resilience.notify_poll_interval_ms / 1000,
            expires=self._expiry.hint,
        )
        self._listener = WorkListener(self._links.listen, schema=schema, hint=self._turns.hint)

    def stop(self) -> None:
        """Stop claiming and let what runs end. A second call cuts that short."""
        if self._stopping.is_set():
            self._hurrying.set()
        self._stopping.set()

    async def run(self, first_child: ChildProcess) -> None:
        """Work until `stop`. Raises BrokerError if the database does not answer at the start, and GaveUp later."""
        try:
            await self._start(first_child)
            await self._services.run_until(self._stopping)
            await self._drain()
        finally:
            await self._end()

    async def _start(self, first_child: ChildProcess) -> None:
        """Announce, subscribe, then look: others can see this worker before it claims, and it misses nothing."""
        self._nursery.adopt(first_child)
        await self._connect()
        await self._lease.start()
        await self._listener.start()
        self._pool.add(first_child)
        self._nursery.start_others()
        self._services.start("lease", self._lease.run())
        self._services.start("turns", self._turns.run())
        self._services.start("listener", self._listener.run())
        recovery = self._facts.config.recovery
        if recovery.auto_fail_stale_running:
            rescuer = Rescuer(
                self._links.work,
                self._facts.config,
                may_judge=self._lease.is_steady,
                retried=lambda: self._hint("later"),
            )
            self._services.start("rescuer", rescuer.run())
        self._services.start("expiry", self._expiry.run())
        self._services.start("upkeep", Upkeep(self._links.work, schema=self._facts.config.broker.schema).run())
        log.info(
            "worker %s ready: %d processes, %d tasks known",
            self._incarnation.id,
            self._options.processes,
            len(self._facts.tasks),
        )

    async def _connect(self) -> None:
        schema = self._facts.config.broker.schema
        try:
            for link in (self._links.work, self._links.lease, self._links.listen):
                await link.open()
            check_version(await self._links.work.run(ensure_schema(schema)), schema)
        except psycopg.Error as error:
            raise broker_error(error) from error

    async def _drain(self) -> None:
        """Stop claiming, release what has not begun, give the rest its time; the lease is renewed all the while."""
        self._pool.retire()
        if not self._pool.is_idle:
            seconds = self._options.shutdown_timeout
            log.info("stopping: running tasks have %g s to end; a second signal ends them now", seconds)
        self._changed()
        waits = [asyncio.ensure_future(event.wait()) for event in (self._drained, self._hurrying)]
        await asyncio.wait(waits, timeout=self._options.shutdown_timeout, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _end(self) -> None:
        """End the children, bring home what ended, say goodbye."""
        if not self._pool.is_idle:
            log.warning("ending tasks that still run")
            self._nursery.kill_all()
        await self._nursery.close(grace_seconds=_CHILD_EXIT_SECONDS)
        self._turns.finish()
        if not await self._services.join("turns", seconds=_LAST_TURNS_SECONDS):
            log.error("the last results could not be settled in time; others will rescue their tasks")
        await self._services.close()
        await self._lease.stop()
        await self._links.close()
        log.info("worker %s stopped", self._incarnation.id)

    def _ended(self, attempt: Attempt, outcome: Outcome) -> None:
        level = logging.DEBUG if outcome.error_code is None else logging.WARNING
        log.log(
            level,
            "task %s (%s) attempt %d: %s%s",
            attempt.task.id,
            attempt.task.name,
            attempt.task.attempt,
            outcome.error_code or "ok",
            f": {outcome.message}" if outcome.message else "",
        )
        self._outbox.ended(attempt, outcome)

    def _changed(self) -> None:
        self._turns.wake()
        if self._stopping.is_set() and self._pool.is_idle:
            self._drained.set()

    def _child_died(self, child: ChildProcess, death: Death) -> None:
        self._nursery.bury(child, death)

    def _hint(self, payload: str) -> None:
        self._turns.hint(payload)

    def _fence(self) -> None:
        """The lease is lost, or about to be: no user code of ours may run past it."""
        self._nursery.kill_all()
        self._pool.give_back_waiting()
