"""History: a partition for each day, made ahead, and a place for what finds none."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID

import psycopg
import pytest

from horsies_client.postgres.sync_runner import run
from horsies_core.plans.partitioning import DAYS_AHEAD, partition_name, prepare_partitions
from tests.support.at_once import at_once
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def today(shop: Shop) -> date:
    return shop.query("select (clock_timestamp() at time zone 'UTC')::date")[0][0]


def days(shop: Shop, *, first: int = 0) -> list[str]:
    return [partition_name(today(shop) + timedelta(days=ahead)) for ahead in range(first, DAYS_AHEAD + 1)]


def partitions(shop: Shop) -> set[str]:
    rows = shop.query(
        "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", f"{shop.schema}.finished"
    )
    return {name.rpartition(".")[2] for (name,) in rows}


def finish_one(shop: Shop) -> str:
    """End a task; the name of the partition it went to."""
    return partition_of(shop, end_one(shop))


def end_one(shop: Shop) -> UUID:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.complete(task_id, token)
    return task_id


def partition_of(shop: Shop, task_id: UUID) -> str:
    ((name,),) = shop.query("select tableoid::regclass::text from {schema}.finished where id = %s", task_id)
    return name.rpartition(".")[2]


def detach(shop: Shop, name: str) -> None:
    shop.query(f"alter table {{schema}}.finished detach partition {{schema}}.{name}")
    shop.query(f"drop table {{schema}}.{name}")


def is_blocked(shop: Shop, other: Shop) -> bool:
    """The other connection waits for a lock."""
    pid = other.connection.info.backend_pid
    return shop.query("select cardinality(pg_blocking_pids(%s)) > 0", pid) == [(True,)]


def test_a_new_schema_has_partitions_for_today_and_the_days_ahead(shop: Shop) -> None:
    assert partitions(shop) == {"finished_default", *days(shop)}


def test_what_ends_today_lands_in_todays_partition(shop: Shop) -> None:
    assert finish_one(shop) == partition_name(today(shop))


def test_what_finds_no_partition_is_kept_in_the_default_one(shop: Shop) -> None:
    for name in days(shop):
        detach(shop, name)
    assert finish_one(shop) == "finished_default"


def test_upkeep_makes_what_is_missing_and_then_nothing(shop: Shop) -> None:
    missing = days(shop)[1:]
    for name in missing:
        detach(shop, name)
    assert shop.run(prepare_partitions(shop.schema)) == missing
    assert shop.run(prepare_partitions(shop.schema)) == []
    assert partitions(shop) == {"finished_default", *days(shop)}


def test_the_limits_of_a_day_are_those_of_utc_whatever_the_time_zone_of_the_session(shop: Shop) -> None:
    for name in days(shop):
        detach(shop, name)
    with psycopg.connect(shop.url, autocommit=True, options="-c timezone=Pacific/Auckland") as connection:
        run(prepare_partitions(shop.schema), connection, shop.schema)
        ((bound,),) = connection.execute(
            "select pg_get_expr(relpartbound, oid) from pg_class where oid = %s::regclass",
            [f"{shop.schema}.{days(shop)[0]}"],
        ).fetchall()
        connection.execute("set timezone = 'UTC'")
        ((in_utc,),) = connection.execute(
            "select pg_get_expr(relpartbound, oid) from pg_class where oid = %s::regclass",
            [f"{shop.schema}.{days(shop)[0]}"],
        ).fetchall()
    assert bound != in_utc
    assert f"FROM ('{today(shop)} 00:00:00+00')" in in_utc


def test_of_workers_that_keep_up_at_once_each_partition_is_made_by_one(shop: Shop) -> None:
    for name in days(shop):
        detach(shop, name)
    barrier = Barrier(3)

    def keep_up() -> Sequence[str]:
        with StandIn(shop).elsewhere() as other:
            barrier.wait(10)
            return other.shop.run(prepare_partitions(shop.schema))

    made = [name for each in at_once([keep_up] * 3) for name in each]
    assert sorted(made) == days(shop)


def test_a_day_that_began_in_the_default_partition_does_not_keep_the_next_ones_from_being_made(shop: Shop) -> None:
    for name in days(shop):
        detach(shop, name)
    assert finish_one(shop) == "finished_default"
    assert shop.run(prepare_partitions(shop.schema)) == days(shop, first=1)
    assert finish_one(shop) == "finished_default"


def test_settling_goes_on_while_a_new_partition_waits_for_a_reader_of_history(shop: Shop) -> None:
    detach(shop, days(shop)[-1])
    # The guard of the test database reads history itself.
    shop.query("drop trigger guard on {schema}.finished")
    shop.query("drop trigger guard_ends on {schema}.tasks")
    with StandIn(shop).elsewhere() as reader, StandIn(shop).elsewhere() as upkeep, ThreadPoolExecutor(1) as thread:
        with reader.shop.connection.transaction():
            reader.shop.query("select count(*) from {schema}.finished")
            made = thread.submit(upkeep.shop.run, prepare_partitions(shop.schema))
            eventually(lambda: is_blocked(shop, upkeep.shop) or made.done())
            assert not made.done()
            settled = end_one(shop)
        assert made.result(10) == days(shop)[-1:]
    assert partition_of(shop, settled) == days(shop)[0]


def test_a_finished_row_is_found_by_its_index_in_every_partition(shop: Shop) -> None:
    finish_one(shop)
    shop.query("set enable_seqscan = off")
    plan = shop.query("explain select * from {schema}.finished where id = '00000000-0000-0000-0000-000000000000'")
    assert not any("Seq Scan" in line for (line,) in plan)


@pytest.mark.parametrize("change", ["update {schema}.finished set result = '{}'", "delete from {schema}.finished"])
def test_the_guard_holds_finished_rows_fast_in_whichever_partition_they_are(shop: Shop, change: str) -> None:
    finish_one(shop)
    with pytest.raises(psycopg.errors.RaiseException, match="finished task was changed"):
        shop.query(change)
