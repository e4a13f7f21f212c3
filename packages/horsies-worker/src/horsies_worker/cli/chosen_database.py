"""The database that a command was told to work on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
from attrs import evolve, frozen
from typing_extensions import Self

from horsies_client.database_url import DatabaseAddress, resolve_database_url
from horsies_client.postgres.connecting import connection_settings
from horsies_client.postgres.schema_check import check_version
from horsies_client.postgres.sync_runner import run
from horsies_client.postgres.trouble import broker_error
from horsies_core.config import PostgresConfig
from horsies_core.errors import HorsiesError, MultipleValidationErrors
from horsies_core.plans import Plan
from horsies_core.plans.migrating import AppliedMigration, applied_migrations, migrate
from horsies_core.schema import Migration, known_version
from horsies_worker.cli.failures import CommandFailed

T = TypeVar("T")

_HEARING_SECONDS = 5.0


class InvalidChoice(Exception):
    """The URL or the schema given on the command line cannot be one."""


@frozen
class ChosenDatabase:
    """One connection, for as long as the `with` block lasts. What the database refuses is a BrokerError."""

    schema: str
    _address: DatabaseAddress
    _connection: psycopg.Connection[Any]

    @classmethod
    def open(cls, locator: str | None, database_url: str | None, schema: str | None) -> ChosenDatabase:
        """Connect to the app's database, or the one at the URL, or the environment's, or the embedded one.

        Raises InvalidChoice, CommandFailed with the user's traceback if the app cannot be imported, ConfigurationError
        and BrokerError.
        """
        return cls.of(_config(locator, database_url, schema))

    @classmethod
    def of(cls, config: PostgresConfig) -> ChosenDatabase:
        """Connect to this one. Raises ConfigurationError and BrokerError."""
        address = resolve_database_url(config)
        try:
            with _as_broker_errors():
                connection = psycopg.connect(**connection_settings(address.url, application_name="horsies db"))
        except BaseException:
            address.close()
            raise
        return cls(config.schema, address, connection)

    @property
    def description(self) -> str:
        """Where it is, for people to read; without the password."""
        info = self._connection.info
        version = f"PostgreSQL {info.server_version // 10_000}.{info.server_version % 10_000}"
        if self._address.server:
            return f"embedded {version} in {self._address.server.directory}"
        return f"{info.dbname} on {info.host}:{info.port} as {info.user}, {version}"

    @property
    def known_version(self) -> int:
        """The version of the schema that this horsies works with."""
        return known_version()

    def applied(self) -> Sequence[AppliedMigration]:
        """The migrations that the schema has; empty if it does not exist."""
        return self.run(applied_migrations(self.schema))

    def migrate(self) -> Sequence[Migration]:
        """Bring the schema up to date; what was applied. Raises BrokerError if it is newer than this horsies."""
        applied = self.run(migrate(self.schema))
        check_version(self.applied()[-1].version, self.schema)
        return applied

    def run(self, plan: Plan[T]) -> T:
        """What the plan returns. Raises BrokerError."""
        with _as_broker_errors():
            return run(plan, self._connection, self.schema)

    def hears_itself(self) -> bool:
        """Whether a notification sent on this connection arrives where workers and clients would listen."""
        channel = f"horsies_check_{uuid4().hex}"
        settings = connection_settings(self._address.listen_url, application_name="horsies check")
        with _as_broker_errors(), psycopg.connect(**settings) as listening:
            listening.execute(f'listen "{channel}"'.encode())
            self._connection.execute("select pg_notify(%s, '')", [channel])
            return any(True for _ in listening.notifies(timeout=_HEARING_SECONDS, stop_after=1))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._address.close()


def _config(locator: str | None, database_url: str | None, schema: str | None) -> PostgresConfig:
    config = PostgresConfig() if locator is None else _apps_config(locator)
    given = {"database_url": database_url, "schema": schema}
    try:
        return evolve(config, **{name: value for name, value in given.items() if value is not None})
    except HorsiesError as error:
        faults = error.errors if isinstance(error, MultipleValidationErrors) else [error]
        # Only the sentences: they were not made in a file, so there is no place to show.
        raise InvalidChoice("\n".join(f"{fault.message}; {fault.help}" for fault in faults)) from error


def _apps_config(locator: str) -> PostgresConfig:
    # Imports the user's code, so only on demand.
    from horsies_worker.execution.child.loading import StartFailure, load

    try:
        return load(locator, str(Path.cwd())).config.broker
    except StartFailure as failure:
        raise CommandFailed(failure.report) from failure


@contextmanager
def _as_broker_errors() -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise broker_error(error) from error
