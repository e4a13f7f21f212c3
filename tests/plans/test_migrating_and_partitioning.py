"""Migrating and partitioning, with the database played by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from horsies_core.plans import Atomic, Query, Script
from horsies_core.plans.migrating import ensure_schema, migrate
from horsies_core.plans.partitioning import DAYS_AHEAD, make_partitions, partition_name, prepare_partitions
from horsies_core.schema import known_version, migrations
from tests.support.by_hand import Played, always, play

WHEN = datetime(2026, 11, 23, tzinfo=timezone.utc)
TODAY = WHEN.date()


def database(
    *,
    versions: Sequence[int] = (),
    today: date = TODAY,
    partitions: Sequence[str] = (),
    last_strayed: date | None = None,
) -> Any:
    """Answers as a database with these migrations and partitions would."""

    def answer(step: Query) -> list[tuple[Any, ...]]:
        return {
            "schema/find": [(bool(versions),)],
            "schema/versions": [(version, f"number {version}", WHEN) for version in versions],
            "schema/partitions": [(today, list(partitions), last_strayed)],
            "schema/try_lock": [(True,)],
        }.get(step.statement, [])

    return answer


def scripts(played: Played[Any]) -> list[str]:
    return [step.text for step in played.steps if isinstance(step, Script)]


def queries(played: Played[Any]) -> list[str]:
    return [step.statement for step in played.steps if isinstance(step, Query)]


def test_an_empty_database_gets_every_migration_in_order_under_the_lock() -> None:
    played = play(migrate("horsies"), database())
    assert isinstance(played.steps[0], Atomic)
    assert queries(played)[0] == "schema/lock"
    assert [migration.version for migration in played.returned] == [it.version for it in migrations()]
    texts = [it.text for it in migrations()]
    assert [text for text in scripts(played) if text in texts] == texts
    assert queries(played).count("schema/record") == len(migrations())


def test_a_database_that_is_up_to_date_is_left_alone() -> None:
    played = play(migrate("horsies"), database(versions=[known_version()]))
    assert played.returned == []
    assert scripts(played) == []


def test_a_newer_schema_is_left_alone() -> None:
    played = play(migrate("horsies"), database(versions=[known_version(), known_version() + 1]))
    assert played.returned == []
    assert scripts(played) == []


def test_two_schemas_migrate_under_two_locks() -> None:
    locks = {
        str(step.params["purpose"])
        for schema in ("one", "two")
        for step in play(migrate(schema), database()).steps
        if isinstance(step, Query) and step.statement == "schema/lock"
    }
    assert len(locks) == 2


def test_a_client_finds_the_schema_there_and_takes_no_lock() -> None:
    played = play(ensure_schema("horsies"), database(versions=[known_version()]))
    assert played.returned == known_version()
    assert queries(played) == ["schema/find", "schema/versions"]


def test_a_client_reports_an_older_or_newer_schema_and_does_not_touch_it() -> None:
    played = play(ensure_schema("horsies"), database(versions=[known_version(), 999]))
    assert played.returned == 999
    assert scripts(played) == []


def test_a_partition_is_named_after_its_day() -> None:
    assert partition_name(date(2026, 1, 9)) == "finished_20260109"


@given(st.dates(date(2001, 1, 1), date(2999, 1, 1)))
def test_today_and_the_days_ahead_get_partitions_that_meet_without_a_gap(today: date) -> None:
    played = play(make_partitions("horsies"), database(today=today))
    assert len(played.returned) == DAYS_AHEAD + 1
    assert played.returned[0] == partition_name(today)
    bounds = [line.split("'")[1:4:2] for text in scripts(played) for line in text.splitlines() if "for values" in line]
    assert bounds[0][0] == f"{today} 00:00:00+00"
    assert all(before[1] == after[0] for before, after in pairwise(bounds))


def test_partitions_that_exist_are_not_made_again() -> None:
    today = date(2026, 12, 30)
    existing = [partition_name(today), partition_name(date(2026, 12, 31)), "finished_default"]
    played = play(make_partitions("horsies"), database(today=today, partitions=existing))
    assert played.returned == ["finished_20270101", "finished_20270102"]


def test_a_day_whose_rows_went_to_the_default_partition_gets_none_of_its_own() -> None:
    played = play(make_partitions("horsies"), database(today=date(2026, 12, 30), last_strayed=date(2026, 12, 30)))
    assert played.returned == ["finished_20261231", "finished_20270101", "finished_20270102"]


def test_upkeep_leaves_partitions_to_the_worker_that_is_just_making_them() -> None:
    played = play(prepare_partitions("horsies"), always([(False,)]))
    assert played.returned == ()
    assert queries(played) == ["schema/try_lock"]
