"""How much runs at once: functions one by one in a child, coroutines together, within the limit."""

from __future__ import annotations

from pathlib import Path

from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 20_000


def test_a_child_runs_one_function_at_a_time(workshop: Workshop, workers: Workers, tmp_path: Path) -> None:
    workers.start(processes=1)
    notes = tmp_path / "notes"
    for handle in workshop.note.send_many([(str(notes),)] * 50):
        handle.get(PATIENCE_MS)
    assert notes.read_text().split() == ["begin", "end"] * 50


def test_many_coroutines_run_at_once_in_one_child_and_functions_beside_them(
    workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    workers.start(processes=1)
    block = Block(tmp_path / "block")
    handles = workshop.gather.send_many([(block.path,)] * 100)
    block.wait_begun(100)
    assert len(set(block.pids())) == 1
    assert workshop.my_pid.send().get(PATIENCE_MS).unwrap() == block.pids()[0]
    block.lift()
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)


def test_no_more_coroutines_than_concurrency_allows_run_at_once(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    workers.start("--concurrency=5", processes=1)
    block = Block(tmp_path / "block")
    handles = workshop.gather.send_many([(block.path,)] * 12)
    block.wait_begun(5)
    # Many turns later there are still five.
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in workshop.add.send_many([(1, 1)] * 200))
    assert len(block.pids()) == 5
    assert shop.query("select count(*) from {schema}.tasks where status = 'RUNNING'") == [(5,)]
    block.lift()
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)


def test_coroutines_spread_over_the_children(workshop: Workshop, workers: Workers, tmp_path: Path) -> None:
    workers.start("--concurrency=3", processes=2)
    block = Block(tmp_path / "block")
    handles = workshop.gather.send_many([(block.path,)] * 6)
    block.wait_begun(6)
    assert sorted(block.pids().count(pid) for pid in set(block.pids())) == [3, 3]
    block.lift()
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)
    eventually(lambda: len(block.pids()) == 6)
