"""One of the worker's connections: reconnects, and never hangs longer than its deadline."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from horsies_client.backoff import Backoff
from horsies_client.postgres.async_runner import run
from horsies_client.postgres.connecting import CONNECT_SECONDS, connection_settings
from horsies_client.postgres.trouble import first_line
from horsies_core.config import WorkerResilienceConfig
from horsies_core.errors import HorsiesError
from horsies_core.plans import Plan

log = logging.getLogger("horsies.worker")

T = TypeVar("T")


class LinkLost(Exception):
    """The connection broke, or did not answer in time. Whether the last statement took hold is not known."""


class GaveUp(Exception):
    """The database stayed away for as many attempts as `db_retry_max_attempts` allows."""


class Link:
    """A connection with a role: "work", "lease" or "listen". One plan at a time; the others wait."""

    def __init__(
        self,
        role: str,
        url: str,
        schema: str,
        resilience: WorkerResilienceConfig,
        *,
        deadline_seconds: float,
        before_connecting: Callable[[], None] = lambda: None,
    ) -> None:
        self.role = role
        self._settings = connection_settings(url, application_name=f"horsies worker {role}")
        self._schema = schema
        self._before_connecting = before_connecting
        self._deadline = deadline_seconds
        self._max_attempts = resilience.db_retry_max_attempts
        self._backoff = Backoff(resilience.db_retry_initial_ms / 1000, resilience.db_retry_max_ms / 1000)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._busy = asyncio.Lock()

    async def open(self) -> None:
        """Connect once. Errors are psycopg's: at start they are the user's to see."""
        # Prepared at once: these connections repeat a handful of statements for weeks.
        self._connection = await psycopg.AsyncConnection.connect(**self._settings, prepare_threshold=0)

    async def run(self, plan: Plan[T]) -> T:
        """Drive a plan, connecting first if need be. Raises LinkLost; other errors of the database are psycopg's."""
        async with self._busy:
            await self._ensure_open()
            return await self._within_deadline(plan)

    async def reopen(self) -> None:
        """Connect again, trying for as long as the configuration says. Raises GaveUp."""
        while True:
            await self.close()
            try:
                async with self._busy:
                    await self._ensure_open()
            except LinkLost as lost:
                attempts = self._backoff.failures + 1
                if self._max_attempts and attempts >= self._max_attempts:
                    raise GaveUp(f"gave up on the database after {attempts} attempts: {lost}") from lost
                pause = self._backoff.next_seconds()
                log.warning("%s connection: %s; trying again in %.1f s", self.role, lost, pause)
                await asyncio.sleep(pause)
            else:
                if self._backoff.failures:
                    log.info("%s connection is back", self.role)
                self._backoff.reset()
                return

    async def close(self) -> None:
        """Close without waiting for the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _cut(connection)
            await connection.close()

    @property
    def connection(self) -> psycopg.AsyncConnection[Any]:
        """The open connection, for the one service that waits on it."""
        if self._connection is None or self._connection.closed:
            raise LinkLost("not connected")
        return self._connection

    async def _ensure_open(self) -> None:
        if self._connection is not None and not self._connection.closed:
            return
        try:
            await asyncio.to_thread(self._before_connecting)
            await asyncio.wait_for(self.open(), CONNECT_SECONDS)
        except (psycopg.Error, HorsiesError, asyncio.TimeoutError) as error:
            raise LinkLost(first_line(error)) from error

    async def _within_deadline(self, plan: Plan[T]) -> T:
        """`asyncio.wait_for` does not bound a psycopg call: cancelled, it waits for the server to confirm the
        cancellation, over the link that is dead. So at the deadline the socket is cut, and the call fails at once.
        """
        connection = self.connection
        work = asyncio.ensure_future(run(plan, connection, self._schema))
        done, _ = await asyncio.wait({work}, timeout=self._deadline)
        if not done:
            _cut(connection)
        try:
            return await work
        except psycopg.Error as error:
            if connection.closed or connection.broken or not done:
                self._connection = None
                raise LinkLost(first_line(error)) from error
            raise


def _cut(connection: psycopg.AsyncConnection[Any]) -> None:
    """Shut the socket down underneath libpq, which then sees its end."""
    try:
        with socket.socket(fileno=socket.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        pass  # It is gone already.
