"""What a lost worker was doing is ended or tried again by another one, once its lease has run out, and never before."""

from __future__ import annotations

from pathlib import Path

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 30_000


def test_the_running_tasks_of_a_killed_worker_are_worker_crashed_after_its_lease(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    doomed = workers.start(processes=2)
    blocks = [Block(tmp_path / "a"), Block(tmp_path / "b")]
    handles = [workshop.wait_for_file.send(block.path) for block in blocks]
    for block in blocks:
        block.wait_begun()
    doomed.kill()
    ((lease_until,),) = shop.query("select lease_until from {schema}.workers")
    workers.start()
    for handle in handles:
        assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
        row = shop.row(handle.task_id)
        assert (row["status"], row["attempt"]) == ("FAILED", 1)
        assert row["finished_at"] >= lease_until
    assert [len(block.pids()) for block in blocks] == [1, 1]


def test_a_task_whose_policy_says_so_runs_again_on_another_worker(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    doomed = workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_and_retry.send(block.path)
    block.wait_begun()
    doomed.kill()
    workers.start()
    block.wait_begun(2)
    block.lift()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert shop.row(handle.task_id)["attempt"] == 2
    attempts = shop.query("select attempt, error_code from {schema}.attempts where task_id = %s", handle.task_id)
    assert attempts == [(1, "WORKER_CRASHED")]


def test_coroutines_of_a_killed_worker_are_rescued_as_well(
    workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    doomed = workers.start(processes=1)
    block = Block(tmp_path / "block")
    handles = workshop.gather.send_many([(block.path,)] * 30)
    block.wait_begun(30)
    workers.start()
    doomed.kill()
    codes = {handle.get(PATIENCE_MS).unwrap_err().error_code for handle in handles}
    assert codes == {LibraryErrorCode.WORKER_CRASHED}


def test_a_task_longer_than_several_leases_is_left_to_its_live_worker(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    workers.start(processes=1)
    workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    over = "select clock_timestamp() > started_at + interval '5 s' from {schema}.tasks where id = %s"
    eventually(lambda: shop.query(over, handle.task_id) == [(True,)], within=15)
    block.lift()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert len(block.pids()) == 1
    assert shop.query("select * from {schema}.workers where lost_at is not null") == []


def test_tasks_that_waited_while_no_worker_was_there_are_run_by_the_next(workshop: Workshop, workers: Workers) -> None:
    workers.start().kill()
    handles = workshop.add.send_many([(number, 1) for number in range(100)])
    workers.start()
    assert [handle.get(PATIENCE_MS) for handle in handles] == [TaskResult(ok=number + 1) for number in range(100)]
