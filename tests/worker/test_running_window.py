"""The running window: a child is given several quick tasks at once, and none of them waits behind a slow one."""

from __future__ import annotations

from pathlib import Path

from horsies import TaskResult
from tests.support.blocked_tasks import Block
from tests.support.crew import Crew
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 20_000


def learn_that_it_is_quick(workshop: Workshop) -> None:
    """Let the worker run many, so that it hands out several at once."""
    for handle in workshop.wait_or_pass.send_many([("",)] * 300):
        handle.get(PATIENCE_MS)


def test_tasks_behind_a_slow_one_are_taken_back_and_run_by_another_child(crew: Crew, tmp_path: Path) -> None:
    learn_that_it_is_quick(crew.workshop)
    block = Block(tmp_path / "block")
    paths = [("",)] * 40 + [(block.path,)] + [("",)] * 200
    handles = crew.workshop.wait_or_pass.send_many(paths)
    slow = handles.pop(40)
    assert all(handle.get(PATIENCE_MS) == TaskResult(ok="") for handle in handles)
    assert crew.shop.status(slow.task_id) == "RUNNING"
    block.lift()
    assert slow.get(PATIENCE_MS).is_ok()
    assert len(block.pids()) == 1


def test_tasks_behind_a_slow_one_in_the_only_child_go_back_and_spend_no_attempt(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    workers.start(processes=1)
    learn_that_it_is_quick(workshop)
    block = Block(tmp_path / "block")
    slow, *others = workshop.wait_or_pass.send_many([(block.path,)] + [("",)] * 50)
    block.wait_begun()
    ids = [handle.task_id for handle in others]
    waiting = "select count(*) from {schema}.tasks where status = 'PENDING' and attempt = 0 and id = any (%s::uuid[])"
    eventually(lambda: shop.query(waiting, ids) == [(50,)])
    second = workers.start(processes=1)
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in others)
    assert second.stop() == 0
    block.lift()
    assert slow.get(PATIENCE_MS).is_ok()


def test_tasks_run_in_the_order_in_which_they_were_sent(
    workshop: Workshop, shop: Shop, workers: Workers, tmp_path: Path
) -> None:
    names = [str(tmp_path / str(number)) for number in range(60)]
    handles = workshop.note.send_many([(name,) for name in names])
    workers.start(processes=1)
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in handles)
    begun = sorted(names, key=lambda name: Path(name).stat().st_mtime_ns)
    assert begun == names
