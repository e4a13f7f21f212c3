"""Partitions of history: one for each day (UTC), made ahead.

A partition is made as a table of its own and then attached, because ATTACH takes a weaker lock on `finished` than
CREATE TABLE ... PARTITION OF, and settling goes on meanwhile. Rows that find no partition go to `finished_default`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from horsies_core.plans.steps import Atomic, Plan, Query, Rows, Script

DAYS_AHEAD = 3
"""A weekend without any worker leaves history with partitions to fill."""

_CREATE = """
create table if not exists {schema}.<name> (like {schema}.finished including defaults including constraints);
alter table {schema}.finished attach partition {schema}.<name>
    for values from ('<from> 00:00:00+00') to ('<until> 00:00:00+00');
"""

# A long read of history must not make settling wait behind our ATTACH; the next pass tries again.
_BRIEFLY = "set local lock_timeout = '2s';"


def prepare_partitions(schema: str) -> Plan[Sequence[str]]:
    """Make what is missing unless another worker is just doing it; the names of the partitions made."""
    return (yield Atomic(_prepare(schema)))


def _prepare(schema: str) -> Plan[Sequence[str]]:
    locked: Rows = yield Query("schema/try_lock", {"purpose": f"horsies partitions {schema}"})
    if not locked[0][0]:
        return ()
    yield Script(_BRIEFLY)
    return (yield from make_partitions(schema))


def make_partitions(schema: str) -> Plan[Sequence[str]]:
    """Make the partitions of today and the days ahead that do not exist yet.

    A day that began in the default partition stays there: PostgreSQL makes no partition for rows that the default one
    has already.
    """
    rows: Rows = yield Query("schema/partitions", {"schema": schema})
    today, existing, last_strayed = rows[0]
    free = [day for day in _days_from(today) if last_strayed is None or day > last_strayed]
    missing = [day for day in free if partition_name(day) not in existing]
    for day in missing:
        yield Script(_creation(day))
    return [partition_name(day) for day in missing]


def partition_name(day: date) -> str:
    """`finished_20261123`."""
    return f"finished_{day:%Y%m%d}"


def _days_from(today: date) -> list[date]:
    return [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]


def _creation(day: date) -> str:
    filled = {"<name>": partition_name(day), "<from>": f"{day}", "<until>": f"{day + timedelta(days=1)}"}
    text = _CREATE
    for place, value in filled.items():
        text = text.replace(place, value)
    return text
