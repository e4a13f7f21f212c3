"""Finding the psycopg connection in what the caller holds: psycopg's own, SQLAlchemy's, Django's.

Libraries are recognised by the modules their classes come from, never imported: whoever holds one of their objects has
imported them already, and nobody else pays for it.
"""

from __future__ import annotations

from typing import Any

from horsies_core.errors import ConfigurationError, ErrorCode

_SYNC_SESSIONS = frozenset({"sqlalchemy.Session", "sqlalchemy.scoped_session"})
_ASYNC_SESSIONS = frozenset({"sqlalchemy.AsyncSession", "sqlalchemy.async_scoped_session"})
_SYNC = _SYNC_SESSIONS | {"psycopg.Connection", "sqlalchemy.Connection", "django"}
_ASYNC = _ASYNC_SESSIONS | {"psycopg.AsyncConnection", "sqlalchemy.AsyncConnection"}


def sync_connection(given: Any) -> Any:
    """The psycopg `Connection` underneath. Raises ConfigurationError for what has none."""
    kinds = _kinds(given)
    if "psycopg.Connection" in kinds:
        return given
    if kinds & _ASYNC:
        raise _refused(given, "it is for async code", "use send_async, or pass a sync connection")
    if kinds & _SYNC_SESSIONS:
        given = given.connection()
        kinds = _kinds(given)
    if "sqlalchemy.Connection" in kinds:
        # What goes past SQLAlchemy begins nothing in its eyes, and its commit() would be none.
        if not given.in_transaction():
            given.begin()
        return _psycopg_or_refuse(given.connection.driver_connection, "psycopg.Connection")
    if "django" in kinds and hasattr(given, "ensure_connection"):
        given.ensure_connection()
        return _psycopg_or_refuse(given.connection, "psycopg.Connection")
    raise _unknown(given)


async def async_connection(given: Any) -> Any:
    """The psycopg `AsyncConnection` underneath. Raises ConfigurationError for what has none."""
    kinds = _kinds(given)
    if "psycopg.AsyncConnection" in kinds:
        return given
    if kinds & _SYNC:
        raise _refused(given, "it is for sync code", "use send, or pass an async connection")
    if kinds & _ASYNC_SESSIONS:
        given = await given.connection()
        kinds = _kinds(given)
    if "sqlalchemy.AsyncConnection" in kinds:
        if not given.in_transaction():
            await given.begin()
        raw = await given.get_raw_connection()
        return _psycopg_or_refuse(raw.driver_connection, "psycopg.AsyncConnection")
    raise _unknown(given)


def _kinds(given: object) -> set[str]:
    """The public names under which the object's classes are known, by the package they come from."""
    kinds: set[str] = set()
    for kind in type(given).__mro__:
        package = kind.__module__.partition(".")[0]
        if package == "django":
            kinds.add("django")
        elif package in ("psycopg", "sqlalchemy"):
            kinds.add(f"{package}.{kind.__name__}")
    return kinds


def _psycopg_or_refuse(connection: Any, kind: str) -> Any:
    if kind in _kinds(connection):
        return connection
    driver = type(connection).__module__.partition(".")[0]
    raise _refused(
        connection,
        f"its driver is {driver}, not psycopg 3",
        "use the psycopg driver: postgresql+psycopg:// with SQLAlchemy, psycopg 3 with Django",
    )


def _refused(given: object, reason: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"connection={type(given).__name__} cannot be used: {reason}",
        code=ErrorCode.TASK_INVALID_OPTIONS,
        help=remedy,
    )


def _unknown(given: object) -> ConfigurationError:
    kind = f"{type(given).__module__}.{type(given).__qualname__}"
    return _refused(
        given,
        f"{kind} is not known",
        "pass a psycopg Connection or AsyncConnection, an SQLAlchemy Connection, Session or an async twin, or "
        "Django's connection",
    )
