"""A pool of connections for one event loop. Its twin is `sync_pool`."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from horsies_client.postgres.async_runner import run
from horsies_client.postgres.connecting import REASON_SECONDS, check_idle_async, connection_settings
from horsies_client.postgres.schema_check import check_version
from horsies_client.postgres.trouble import broker_error
from horsies_core.config import PostgresConfig
from horsies_core.plans import Plan
from horsies_core.plans.migrating import ensure_schema

T = TypeVar("T")


class AsyncPool:
    """Runs plans on pooled connections. The schema is made, or its version checked, before the first of them."""

    def __init__(self, config: PostgresConfig, url: str) -> None:
        self._schema = config.schema
        self._settings = connection_settings(url)
        self._checked = False
        self._checking = asyncio.Lock()
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            kwargs=self._settings,
            min_size=0,
            max_size=config.pool_size + config.max_overflow,
            timeout=config.pool_timeout,
            max_lifetime=config.pool_recycle,
            check=check_idle_async,
            open=False,
            name="horsies",
        )

    async def run(self, plan: Plan[T]) -> T:
        """Drive a plan on a connection of its own; BrokerError if that fails for the database's sake."""
        try:
            await self._pool.open()
            async with self._pool.connection() as connection:
                if not self._checked:
                    await self._check_schema(connection)
                return await run(plan, connection, self._schema)
        except PoolTimeout as error:
            reason = await self._reason(error)
            raise broker_error(reason) from reason
        except psycopg.Error as error:
            raise broker_error(error) from error

    async def ensure_schema(self) -> None:
        """Make or check the schema now, if that was not done yet."""
        if not self._checked:
            await self.run(_nothing())

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def _check_schema(self, connection: psycopg.AsyncConnection[Any]) -> None:
        async with self._checking:
            if not self._checked:
                check_version(await run(ensure_schema(self._schema), connection, self._schema), self._schema)
                self._checked = True

    async def _reason(self, error: PoolTimeout) -> psycopg.Error:
        """The pool says only that time ran out; one connection attempt says why."""
        settings: dict[str, Any] = {**self._settings, "connect_timeout": REASON_SECONDS}
        try:
            connection = await psycopg.AsyncConnection.connect(**settings)
            await connection.close()
        except psycopg.Error as reason:
            return reason
        return error


def _nothing() -> Plan[None]:
    yield from ()
