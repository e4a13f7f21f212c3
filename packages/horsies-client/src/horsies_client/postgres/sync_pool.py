"""A pool of connections for threads. Its twin is `async_pool`."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from horsies_client.postgres.connecting import REASON_SECONDS, check_idle, connection_settings
from horsies_client.postgres.schema_check import check_version
from horsies_client.postgres.sync_runner import run
from horsies_client.postgres.trouble import broker_error
from horsies_core.config import PostgresConfig
from horsies_core.plans import Plan
from horsies_core.plans.migrating import ensure_schema

T = TypeVar("T")


class SyncPool:
    """Runs plans on pooled connections. The schema is made, or its version checked, before the first of them."""

    def __init__(self, config: PostgresConfig, url: str) -> None:
        self._schema = config.schema
        self._settings = connection_settings(url)
        self._checked = False
        self._checking = threading.Lock()
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            kwargs=self._settings,
            # Connections come with demand and go when idle: a web process that never sends holds none.
            min_size=0,
            max_size=config.pool_size + config.max_overflow,
            timeout=config.pool_timeout,
            max_lifetime=config.pool_recycle,
            check=check_idle,
            open=False,
            name="horsies",
        )

    def run(self, plan: Plan[T]) -> T:
        """Drive a plan on a connection of its own; BrokerError if that fails for the database's sake."""
        try:
            self._pool.open()
            with self._pool.connection() as connection:
                if not self._checked:
                    self._check_schema(connection)
                return run(plan, connection, self._schema)
        except PoolTimeout as error:
            reason = self._reason(error)
            raise broker_error(reason) from reason
        except psycopg.Error as error:
            raise broker_error(error) from error

    def ensure_schema(self) -> None:
        """Make or check the schema now, if that was not done yet."""
        if not self._checked:
            self.run(_nothing())

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _check_schema(self, connection: psycopg.Connection[Any]) -> None:
        with self._checking:
            if not self._checked:
                check_version(run(ensure_schema(self._schema), connection, self._schema), self._schema)
                self._checked = True

    def _reason(self, error: PoolTimeout) -> psycopg.Error:
        """The pool says only that time ran out; one connection attempt says why."""
        settings: dict[str, Any] = {**self._settings, "connect_timeout": REASON_SECONDS}
        try:
            psycopg.connect(**settings).close()
        except psycopg.Error as reason:
            return reason
        return error


def _nothing() -> Plan[None]:
    yield from ()
