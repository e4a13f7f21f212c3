"""Turning psycopg's errors into ours, with what to do now."""

from __future__ import annotations

import psycopg
import psycopg_pool
from psycopg import errors

from horsies_core.errors import BrokerError

# They are OperationalErrors too, of a database that was reached.
_ANSWERS = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable, errors.QueryCanceled)


def broker_error(error: psycopg.Error) -> BrokerError:
    """The BrokerError for a database error. The caller raises it `from` the original."""
    if isinstance(error, psycopg_pool.PoolTimeout):
        return BrokerError(
            "no connection to the database became free in time",
            notes=[first_line(error)],
            help="is the database up and reachable? are pool_size and max_overflow large enough for your threads?",
        )
    if isinstance(error, psycopg.OperationalError) and not isinstance(error, _ANSWERS):
        return BrokerError(
            f"the database could not be reached: {first_line(error)}",
            help="check that PostgreSQL is up, and the host, port, user and password of database_url",
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return BrokerError(
            f"the database refused it: {first_line(error)}",
            help="grant this role what it needs on the schema, or let a role that may do it run `horsies db migrate`",
        )
    return BrokerError(f"the database answered with an error: {first_line(error)}")


def first_line(error: BaseException) -> str:
    """What the database said, without the lines that point into our statement."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
