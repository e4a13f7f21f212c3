"""SIGTERM and SIGINT: nothing new, what runs may end, what has not begun goes back, and the worker leaves cleanly."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import WorkerProcess, Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 20_000

both_signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)


def assert_left_cleanly(worker: WorkerProcess, shop: Shop) -> None:
    children = worker.children()
    assert worker.wait() == 0
    assert shop.query("select * from {schema}.workers") == []
    assert shop.query("select * from {schema}.tasks where status = 'RUNNING'") == []
    assert not [child for child in children if child.is_running()]
    assert "Traceback" not in worker.log


@both_signals
def test_an_idle_worker_leaves_at_once(shop: Shop, workers: Workers, number: signal.Signals) -> None:
    worker = workers.start().wait_settled_in(2)
    worker.send(number)
    assert_left_cleanly(worker, shop)


def test_a_worker_whose_children_are_just_starting_leaves_at_once(shop: Shop, workers: Workers) -> None:
    worker = workers.start(processes=4)
    worker.send(signal.SIGTERM)
    assert_left_cleanly(worker, shop)


@both_signals
def test_a_running_task_ends_and_is_settled_while_the_lease_is_renewed(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path, number: signal.Signals
) -> None:
    worker = workers.start()
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    worker.send(number)
    eventually(lambda: "stopping" in worker.log)
    leases = {*shop.query("select lease_until from {schema}.workers")}
    eventually(lambda: leases.update(shop.query("select lease_until from {schema}.workers")) or len(leases) > 2)
    block.lift()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert_left_cleanly(worker, shop)


def test_running_coroutines_end_and_are_settled(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start()
    block = Block(tmp_path / "block")
    handles = workshop.gather.send_many([(block.path,)] * 10)
    block.wait_begun(10)
    worker.send(signal.SIGTERM)
    eventually(lambda: "stopping" in worker.log)
    block.lift()
    assert_left_cleanly(worker, shop)
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)


def test_a_stopping_worker_takes_nothing_new(shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path) -> None:
    worker = workers.start(processes=2)
    block = Block(tmp_path / "block")
    workshop.wait_for_file.send(block.path)
    block.wait_begun()
    worker.send(signal.SIGTERM)
    eventually(lambda: "stopping" in worker.log)
    late = workshop.add.send(1, 1)
    block.lift()
    assert_left_cleanly(worker, shop)
    row = shop.row(late.task_id)
    assert (row["status"], row["attempt"]) == ("PENDING", 0)


def test_what_was_claimed_and_has_not_begun_goes_back_without_having_spent_an_attempt(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start(processes=1)
    for handle in workshop.wait_or_pass.send_many([("",)] * 300):
        handle.get(PATIENCE_MS)
    block = Block(tmp_path / "block")
    slow, *others = workshop.wait_or_pass.send_many([(block.path,)] + [("",)] * 100)
    block.wait_begun()
    worker.send(signal.SIGTERM)
    eventually(lambda: "stopping" in worker.log)
    block.lift()
    assert_left_cleanly(worker, shop)
    assert slow.get(PATIENCE_MS).is_ok()
    rows = [shop.row(handle.task_id) for handle in others]
    assert {(row["status"], row["attempt"], row["claim_token"]) for row in rows} == {("PENDING", 0, None)}


@pytest.mark.parametrize("settled", [0, 150, 900, 1_800])
def test_a_worker_stopped_in_the_middle_of_a_rush_leaves_nothing_half_done(
    shop: Shop, workshop: Workshop, workers: Workers, settled: int
) -> None:
    worker = workers.start()
    handles = workshop.add.send_many([(1, 1)] * 2_000)
    handles[settled].get(PATIENCE_MS)
    worker.send(signal.SIGTERM)
    assert_left_cleanly(worker, shop)
    outcomes = shop.query("select distinct status, attempt from {schema}.all_tasks")
    assert set(outcomes) <= {("PENDING", 0), ("COMPLETED", 1)}


def test_what_outlasts_the_shutdown_timeout_is_ended_as_worker_crashed(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start("--shutdown-timeout=0.3")
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    worker.send(signal.SIGTERM)
    assert_left_cleanly(worker, shop)
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_second_signal_cuts_it_short(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path, second: signal.Signals
) -> None:
    worker = workers.start()
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    worker.send(signal.SIGTERM)
    eventually(lambda: "stopping" in worker.log)
    worker.send(second)
    assert_left_cleanly(worker, shop)
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED


def test_a_thread_that_a_task_left_running_does_not_hold_the_worker(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    worker = workers.start(processes=1)
    assert workshop.misconduct.leave_thread.send().get(PATIENCE_MS).is_ok()
    worker.send(signal.SIGTERM)
    assert_left_cleanly(worker, shop)
