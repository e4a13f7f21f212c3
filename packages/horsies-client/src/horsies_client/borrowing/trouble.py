"""What goes wrong on the caller's connection, in our words, with what is left for the caller to do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from horsies_client.postgres.trouble import broker_error, first_line
from horsies_core.errors import BrokerError

_ELSEWHERE = (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName)


def refusal(error: psycopg.Error, schema: str) -> BrokerError:
    """The BrokerError for an error in the caller's transaction. The caller raises it `from` the original."""
    if isinstance(error, _ELSEWHERE):
        return BrokerError(
            f"the connection given leads to a database without the tables of schema '{schema}': {first_line(error)}",
            help="connection= has to be to the app's own database, the one of its PostgresConfig",
        )
    if isinstance(error, errors.InFailedSqlTransaction):
        return BrokerError(
            "the transaction of the connection given has failed already",
            notes=[first_line(error)],
            help="roll it back, and look for the statement before this one that failed",
        )
    told = broker_error(error)
    return BrokerError(
        told.message,
        notes=told.notes,
        help="roll the transaction back; where it is to live on, send within a savepoint",
    )


@contextmanager
def reaching() -> Generator[None]:
    """While the caller's library connects: it wraps the driver's error in one of its own."""
    try:
        yield
    except psycopg.Error as error:
        raise broker_error(error) from error
    except Exception as error:
        if isinstance(error.__cause__, psycopg.Error):
            raise broker_error(error.__cause__) from error
        raise
