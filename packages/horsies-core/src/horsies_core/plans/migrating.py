"""Creating the schema, bringing it up to date, and refusing one that does not fit.

Crash points: everything happens in one transaction under an advisory lock, so a migrator that dies leaves the schema
as it was, and a second one that waited finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from horsies_core.plans.partitioning import make_partitions
from horsies_core.plans.steps import Atomic, Plan, Query, Rows, Script
from horsies_core.schema import Migration, known_version, migrations

_CREATE = """
create schema if not exists {schema};
create table {schema}.migrations (
    version    integer     not null primary key,
    name       text        not null,
    applied_at timestamptz not null default clock_timestamp()
);
"""


@frozen
class AppliedMigration:
    """A migration that the database has."""

    version: int
    name: str
    applied_at: datetime


def applied_migrations(schema: str) -> Plan[Sequence[AppliedMigration]]:
    """What was applied so far; empty if the schema does not exist."""
    found: Rows = yield Query("schema/find", {"schema": schema})
    if not found[0][0]:
        return ()
    rows: Rows = yield Query("schema/versions")
    return [AppliedMigration(*row) for row in rows]


def migrate(schema: str) -> Plan[Sequence[Migration]]:
    """Apply what is missing, under a lock; what was applied. A newer schema is left alone."""
    return (yield Atomic(_migrate(schema)))


def ensure_schema(schema: str) -> Plan[int]:
    """The version of the schema, created first if there is none. An older or newer one is not touched."""
    applied = yield from applied_migrations(schema)
    if applied:
        return applied[-1].version
    yield Atomic(_migrate(schema))
    return known_version()


def _migrate(schema: str) -> Plan[Sequence[Migration]]:
    yield Query("schema/lock", {"purpose": f"horsies migrate {schema}"})
    applied = yield from applied_migrations(schema)
    if not applied:
        yield Script(_CREATE)
    newest = applied[-1].version if applied else 0
    missing = [migration for migration in migrations() if migration.version > newest]
    for migration in missing:
        yield Script(migration.text)
        yield Query("schema/record", {"version": migration.version, "name": migration.name})
    if missing:
        yield from make_partitions(schema)
    return missing
