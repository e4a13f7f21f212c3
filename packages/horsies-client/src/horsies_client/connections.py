"""The connections of one process: a pool for threads, a pool for each event loop, and the waiting room."""

from __future__ import annotations

import asyncio
import atexit
import weakref
from typing import Any, TypeVar

import psycopg

from horsies_client.borrowing.running import borrow, borrow_async, run_borrowed, run_borrowed_async
from horsies_client.database_url import DatabaseAddress
from horsies_client.postgres.async_pool import AsyncPool
from horsies_client.postgres.connecting import connection_settings
from horsies_client.postgres.sync_pool import SyncPool
from horsies_client.waiting.room import WaitingRoom
from horsies_core.config import PostgresConfig
from horsies_core.plans import Plan

T = TypeVar("T")


class ProcessConnections:
    """Opens pools when they are first needed; belongs to the process that made it."""

    def __init__(self, config: PostgresConfig, address: DatabaseAddress, *, poll_seconds: float) -> None:
        self._config = config
        self._address = address
        self._sync = SyncPool(config, address.url)
        self._async: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncPool] = weakref.WeakKeyDictionary()
        self.waiting_room = WaitingRoom(self._listen, schema=config.schema, poll_seconds=poll_seconds)
        # Threads of the pool and of the waiting room end before the interpreter does.
        atexit.register(self.close)

    def run(self, plan: Plan[T]) -> T:
        """Drive a plan on a connection of the threads' pool."""
        return self._sync.run(plan)

    async def run_async(self, plan: Plan[T]) -> T:
        """Drive a plan on a connection of this event loop's pool."""
        return await self._pool_here().run(plan)

    def _pool_here(self) -> AsyncPool:
        loop = asyncio.get_running_loop()
        pool = self._async.get(loop)
        if pool is None:
            pool = self._async[loop] = AsyncPool(self._config, self._address.url)
        return pool

    def run_borrowed(self, plan: Plan[T], connection: Any) -> T:
        """Drive a plan in the caller's transaction. The schema is made on a connection of our own, if need be."""
        borrowed = borrow(connection)
        self._sync.ensure_schema()
        return run_borrowed(plan, borrowed, self._config.schema)

    async def run_borrowed_async(self, plan: Plan[T], connection: Any) -> T:
        """The same on an async connection."""
        borrowed = await borrow_async(connection)
        await self._pool_here().ensure_schema()
        return await run_borrowed_async(plan, borrowed, self._config.schema)

    def close(self) -> None:
        """Close what can be closed without an event loop."""
        atexit.unregister(self.close)
        self.waiting_room.close()
        self._sync.close()
        self._address.close()

    def abandon(self) -> None:
        """Called in a forked child: leave the parent's connections alone, now and at exit.

        psycopg closes no socket that another process opened; the threads of pool and waiting room stayed behind.
        """
        atexit.unregister(self.close)

    async def close_async(self) -> None:
        """Close everything, the running event loop's pool included."""
        pool = self._async.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.close()
        await asyncio.to_thread(self.close)

    def _listen(self) -> psycopg.Connection[Any]:
        settings = connection_settings(self._address.listen_url, application_name="horsies results")
        return psycopg.connect(**settings)
