"""A worker that was stopped past its lease and goes on: others have taken over, and it changes nothing of theirs."""

from __future__ import annotations

import signal
from pathlib import Path

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import WorkerProcess, Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 30_000


def freeze_past_its_lease(worker: WorkerProcess, shop: Shop) -> None:
    """Until another worker has given it up."""
    worker.send(signal.SIGSTOP)
    lost = "select count(*) from {schema}.workers where pid = %s and lost_at is not null"
    eventually(lambda: shop.query(lost, worker.pid) == [(1,)], within=20)


def test_the_late_result_of_a_frozen_worker_changes_nothing(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    frozen = workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    workers.start(processes=1)
    freeze_past_its_lease(frozen, shop)
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
    before = shop.row(handle.task_id)
    block.lift()
    block.wait_ended()
    frozen.send(signal.SIGCONT)
    eventually(lambda: "LostClaim" in frozen.log)
    assert shop.row(handle.task_id) == before


def test_a_task_that_others_run_again_is_not_run_on_by_the_worker_that_wakes(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    frozen = workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_and_retry.send(block.path)
    first = block.wait_begun()
    workers.start(processes=1)
    freeze_past_its_lease(frozen, shop)
    second = block.wait_begun(2)
    frozen.send(signal.SIGCONT)
    eventually(lambda: "new incarnation" in frozen.log)
    eventually(lambda: first not in {child.pid for child in frozen.children()})
    block.lift()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert block.ended() == [second]
    assert shop.row(handle.task_id)["attempt"] == 2


def test_a_worker_that_wakes_goes_on_as_a_new_incarnation_and_works(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    frozen = workers.start(processes=2)
    ((old,),) = shop.query("select incarnation from {schema}.workers")
    other = workers.start(processes=1)
    freeze_past_its_lease(frozen, shop)
    assert other.stop() == 0
    handles = workshop.add.send_many([(number, 1) for number in range(50)])
    frozen.send(signal.SIGCONT)
    assert [handle.get(PATIENCE_MS) for handle in handles] == [TaskResult(ok=number + 1) for number in range(50)]
    assert shop.row(handles[0].task_id)["incarnation"] != old
    assert frozen.stop() == 0


def test_a_worker_frozen_for_less_than_its_lease_goes_on_as_if_nothing_had_been(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start(processes=1)
    workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    worker.send(signal.SIGSTOP)
    block.lift()
    block.wait_ended()
    worker.send(signal.SIGCONT)
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
