"""`good_until`: what was not started by then ends EXPIRED, by itself and at its time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg

from horsies import LibraryErrorCode, TaskHandle, TaskResult, TaskStatus
from tests.support.blocked_tasks import Block
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000


def after(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def assert_expired(handle: TaskHandle[int]) -> None:
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.TASK_EXPIRED
    assert handle.status() is TaskStatus.EXPIRED


def seconds_late(crew: Crew, handle: TaskHandle[int]) -> float:
    row = crew.shop.row(handle.task_id)
    return (row["finished_at"] - row["good_until"]).total_seconds()


def test_a_task_that_is_good_still_is_run(crew: Crew) -> None:
    assert crew.workshop.add.with_options(good_until=after(60)).send(1, 2).get(PATIENCE_MS) == TaskResult(ok=3)


def test_a_task_that_is_past_its_time_when_it_is_sent_is_not_run(crew: Crew) -> None:
    handle = crew.workshop.add.with_options(good_until=after(-1)).send(1, 2)
    assert_expired(handle)
    assert crew.shop.row(handle.task_id)["attempt"] == 0


def test_a_task_that_would_be_due_after_its_time_expires_at_its_time(crew: Crew) -> None:
    handle = crew.workshop.add.with_options(good_until=after(0.3), delay_ms=60_000).send(1, 2)
    assert_expired(handle)
    # The poll of an idle worker is 5 s, and an expiry that nobody told of is looked for after 30 s.
    assert 0 <= seconds_late(crew, handle) < 3


def test_tasks_for_which_there_is_no_room_expire_at_their_time(crew: Crew, tmp_path: Path) -> None:
    blocks = [Block(tmp_path / f"block {number}") for number in range(2)]
    for block in blocks:
        crew.workshop.wait_for_file.send(block.path)
    for block in blocks:
        block.wait_begun()
    handles = crew.workshop.add.with_options(good_until=after(0.5)).send_many([(1, 2)] * 10)
    for handle in handles:
        assert_expired(handle)
        assert 0 <= seconds_late(crew, handle) < 3
    for block in blocks:
        block.lift()


def test_a_task_expires_between_its_retries(crew: Crew) -> None:
    handle = crew.workshop.limited.try_again_much_later.with_options(good_until=after(0.5)).send()
    assert_expired(handle)
    info = handle.info()
    assert info is not None
    assert [(it.number, it.error_code) for it in info.attempts] == [(1, "LATER")]
    assert 0 <= seconds_late(crew, handle) < 3


def test_a_task_that_was_started_in_time_may_end_after_it(crew: Crew, tmp_path: Path) -> None:
    block = Block(tmp_path / "block")
    handle = crew.workshop.wait_for_file.with_options(good_until=after(0.3)).send(block.path)
    block.wait_begun()
    eventually(lambda: crew.shop.query("select good_until < now() from {schema}.tasks") == [(True,)])
    block.lift()
    assert handle.get(PATIENCE_MS).is_ok()


def test_an_expiry_that_another_connection_holds_back_is_made_up_for_without_asking_all_the_time(crew: Crew) -> None:
    handle = crew.workshop.add.with_options(good_until=after(0.3), delay_ms=60_000).send(1, 2)
    schema = f'"{crew.shop.schema}"'.encode()
    with psycopg.connect(crew.shop.url) as other:
        other.execute(b"select from " + schema + b".tasks where id = %s for update", [handle.task_id])
        eventually(lambda: crew.shop.query("select good_until < now() from {schema}.tasks") == [(True,)])
        before = transactions(crew)
        assert handle.get(500).unwrap_err().error_code is LibraryErrorCode.WAIT_TIMEOUT
        # A worker that asked again at once would do so many hundred times.
        assert transactions(crew) - before < 200
    assert_expired(handle)


def transactions(crew: Crew) -> int:
    crew.shop.query("select pg_stat_clear_snapshot()")
    return crew.shop.query("select xact_commit from pg_stat_database where datname = current_database()")[0][0]
