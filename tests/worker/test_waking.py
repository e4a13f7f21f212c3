"""What wakes a worker: notifications and due times; the poll only when all else fails."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from horsies import TaskResult
from tests.support.eventually import eventually
from tests.support.fault_proxy import FaultProxy
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 20_000
NEVER = "600000"


def test_an_idle_worker_hears_of_a_task_and_does_not_wait_for_the_poll(workshop: Workshop, workers: Workers) -> None:
    workers.start(WORKSHOP_POLL_MS=NEVER)
    for number in range(5):
        assert workshop.add.send(number, 1).get(PATIENCE_MS) == TaskResult(ok=number + 1)


def test_a_delayed_task_starts_when_it_is_due_and_not_at_the_next_poll(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    workers.start(WORKSHOP_POLL_MS=NEVER)
    handle = workshop.add.schedule(0.7, 1, 1)
    assert handle.get(PATIENCE_MS) == TaskResult(ok=2)
    row = shop.row(handle.task_id)
    assert row["started_at"] >= row["due_at"]


def test_of_several_delayed_tasks_each_starts_when_it_is_due(shop: Shop, workshop: Workshop, workers: Workers) -> None:
    workers.start(WORKSHOP_POLL_MS=NEVER)
    handles = [workshop.add.schedule(delay, 1, 1) for delay in (1.2, 0.3, 0.8)]
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)
    rows = [shop.row(handle.task_id) for handle in handles]
    assert all(row["started_at"] >= row["due_at"] for row in rows)
    first, second, third = sorted(rows, key=lambda row: row["due_at"])
    assert first["started_at"] < second["due_at"]
    assert second["started_at"] < third["due_at"]


def test_a_delayed_task_that_was_sent_before_the_worker_came_starts_when_it_is_due(
    workshop: Workshop, workers: Workers
) -> None:
    handle = workshop.add.schedule(2.0, 1, 1)
    workers.start(WORKSHOP_POLL_MS=NEVER)
    assert handle.get(PATIENCE_MS) == TaskResult(ok=2)


def test_a_retry_starts_when_it_is_due_and_not_at_the_next_poll(
    workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    workers.start(WORKSHOP_POLL_MS=NEVER)
    handle = workshop.mishaps.succeed_on_try.send(3, str(tmp_path / "tries"))
    assert handle.get(PATIENCE_MS) == TaskResult(ok=3)


def test_a_worker_that_cannot_listen_gets_work_by_polling(
    workshop: Workshop, workers: Workers, proxy: FaultProxy
) -> None:
    workers.start(url=proxy.url, WORKSHOP_POLL_MS="300")
    proxy.refuse("listen")
    for number in range(3):
        assert workshop.add.send(number, 1).get(PATIENCE_MS) == TaskResult(ok=number + 1)


def test_a_worker_that_listens_again_looks_for_what_it_has_missed(
    workshop: Workshop, workers: Workers, proxy: FaultProxy
) -> None:
    worker = workers.start(url=proxy.url, WORKSHOP_POLL_MS=NEVER)
    proxy.refuse("listen")
    eventually(lambda: "listen connection lost" in worker.log)
    missed = workshop.add.send(1, 1)
    delayed = workshop.add.schedule(0.5, 2, 2)
    proxy.accept("listen")
    assert missed.get(PATIENCE_MS) == TaskResult(ok=2)
    assert delayed.get(PATIENCE_MS) == TaskResult(ok=4)
    assert workshop.add.send(3, 3).get(PATIENCE_MS) == TaskResult(ok=6)


def test_an_idle_worker_makes_less_than_one_query_a_second(
    workshop: Workshop, workers: Workers, proxy: FaultProxy
) -> None:
    workers.start(url=proxy.url, WORKSHOP_RECOVERY="default").wait_settled_in(2)
    assert workshop.add.send(1, 1).get(PATIENCE_MS).is_ok()
    seconds = 10.0
    begun, before = time.monotonic(), proxy.round_trips
    eventually(lambda: time.monotonic() > begun + seconds, within=2 * seconds)
    assert proxy.round_trips - before < seconds


def test_a_worker_has_three_connections_however_many_children(
    database_url: str, workshop: Workshop, workers: Workers
) -> None:
    workers.start(processes=8).wait_settled_in(8)
    for handle in workshop.add.send_many([(1, 1)] * 200):
        handle.get(PATIENCE_MS)
    with psycopg.connect(database_url) as connection:
        query = """select application_name from pg_stat_activity
                    where application_name like 'horsies worker %' and datname = current_database()"""
        names = sorted(row[0] for row in connection.execute(query))
    assert names == ["horsies worker lease", "horsies worker listen", "horsies worker work"]
