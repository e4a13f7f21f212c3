"""The database as one process reaches it: the only door through which the client's other parts go.

Nothing is opened, and psycopg is not imported, before the first use. After `fork()` the child starts afresh: it must
not talk over sockets it shares with its parent, nor close them, so it abandons them.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from horsies_client.database_url import resolve_database_url
from horsies_core.config import PostgresConfig

if TYPE_CHECKING:
    from horsies_client.connections import ProcessConnections
    from horsies_client.waiting.room import WaitingRoom
    from horsies_core.plans import Plan

T = TypeVar("T")


class Broker:
    """Runs plans against the configured database, from threads and from coroutines."""

    def __init__(self, config: PostgresConfig, *, poll_seconds: float) -> None:
        self.config = config
        self.schema = config.schema
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._connections: ProcessConnections | None = None
        _BROKERS.add(self)

    def run(self, plan: Plan[T]) -> T:
        """Drive a plan on a pooled connection.

        Raises BrokerError when the database cannot be reached within `pool_timeout`, or the connection breaks.
        """
        return self._here().run(plan)

    async def run_async(self, plan: Plan[T]) -> T:
        """The same from a coroutine, on the pool of its event loop."""
        return await (await self._here_async()).run_async(plan)

    def run_borrowed(self, plan: Plan[T], connection: Any) -> T:
        """Drive a plan on the caller's connection, in the caller's transaction. Raises ConfigurationError for a
        connection that cannot be used, BrokerError when the database refuses.
        """
        return self._here().run_borrowed(plan, connection)

    async def run_borrowed_async(self, plan: Plan[T], connection: Any) -> T:
        """The same on an async connection."""
        return await (await self._here_async()).run_borrowed_async(plan, connection)

    def waiting_room(self) -> WaitingRoom:
        """Where this process awaits results."""
        return self._here().waiting_room

    async def waiting_room_async(self) -> WaitingRoom:
        """The same from a coroutine."""
        return (await self._here_async()).waiting_room

    def reply_channel(self) -> str | None:
        """The channel on which this process hears of results; None as long as it awaits nothing."""
        connections = self._connections
        return connections.waiting_room.open_channel() if connections is not None else None

    def close(self) -> None:
        """Close every connection of this process. The next use opens them again."""
        with self._lock:
            connections, self._connections = self._connections, None
        if connections is not None:
            connections.close()

    async def close_async(self) -> None:
        """The same from a coroutine; closes the pool of the running event loop as well."""
        with self._lock:
            connections, self._connections = self._connections, None
        if connections is not None:
            await connections.close_async()

    def rebind(self, config: PostgresConfig) -> None:
        """Go to this database from here on. What was open to the former one is closed."""
        self.close()
        self.config = config
        self.schema = config.schema

    def abandon(self) -> None:
        """Forget what was inherited at a fork, without touching its sockets."""
        # Another thread of the parent may have held the lock; here nobody would ever release it.
        self._lock = threading.Lock()
        connections, self._connections = self._connections, None
        if connections is not None:
            connections.abandon()

    def _here(self) -> ProcessConnections:
        connections = self._connections
        if connections is not None:
            return connections
        with self._lock:
            if self._connections is None:
                self._connections = self._open()
            return self._connections

    async def _here_async(self) -> ProcessConnections:
        connections = self._connections
        if connections is not None:
            return connections
        # The first use may start the embedded server, and imports psycopg: not on the event loop.
        return await asyncio.to_thread(self._here)

    def _open(self) -> ProcessConnections:
        # Here, because this is where the first connection is about to be opened: see the package's docstring.
        from horsies_client.connections import ProcessConnections

        address = resolve_database_url(self.config)
        return ProcessConnections(self.config, address, poll_seconds=self._poll_seconds)


_BROKERS: weakref.WeakSet[Broker] = weakref.WeakSet()


def _abandon_all() -> None:
    for broker in list(_BROKERS):
        broker.abandon()


os.register_at_fork(after_in_child=_abandon_all)
