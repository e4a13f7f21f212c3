"""The database goes and comes back: progress stops, nothing is lost, and nothing runs twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.embedded_users import is_alive
from tests.support.eventually import eventually
from tests.support.fault_proxy import FaultProxy
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 30_000
FENCED = "killing the children before it lapses"


@frozen
class Outage:
    """The database is away for the worker, loudly or in silence. The test itself still reaches it."""

    proxy: FaultProxy
    is_silent: bool

    def begin(self) -> None:
        (self.proxy.freeze if self.is_silent else self.proxy.refuse)()

    def end(self) -> None:
        (self.proxy.thaw if self.is_silent else self.proxy.accept)()


@pytest.fixture(params=[False, True], ids=["refused", "frozen"])
def outage(proxy: FaultProxy, request: pytest.FixtureRequest) -> Outage:
    """One that has not begun."""
    return Outage(proxy, request.param)


def test_a_worker_without_its_database_kills_its_children_before_the_lease_lapses(
    shop: Shop, workshop: Workshop, workers: Workers, outage: Outage, tmp_path: Path
) -> None:
    worker = workers.start(processes=1, url=outage.proxy.url)
    beats = tmp_path / "beats"
    workshop.beat.send(str(beats))
    eventually(beats.exists)
    (child,) = worker.children()
    outage.begin()
    eventually(lambda: not is_alive(child.pid), within=20)
    ((lease_until,),) = shop.query("select extract(epoch from lease_until)::float8 from {schema}.workers")
    # The last line may be torn.
    last_beat = float(beats.read_text().splitlines()[-2])
    assert last_beat < lease_until


def test_a_task_that_was_fenced_is_rescued_by_others_and_the_worker_comes_back(
    shop: Shop, workshop: Workshop, workers: Workers, proxy: FaultProxy, tmp_path: Path
) -> None:
    cut_off = workers.start(processes=1, url=proxy.url)
    block = Block(tmp_path / "block")
    handle = workshop.wait_and_retry.send(block.path)
    first = block.wait_begun()
    other = workers.start(processes=1)
    proxy.freeze()
    second = block.wait_begun(2)
    assert not is_alive(first)
    block.lift()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert block.ended() == [second]
    proxy.thaw()
    eventually(lambda: "new incarnation" in cut_off.log, within=20)
    assert other.stop() == 0
    assert workshop.add.send(1, 1).get(PATIENCE_MS) == TaskResult(ok=2)


def test_a_task_that_runs_through_a_short_outage_is_settled_afterwards(
    shop: Shop, workshop: Workshop, workers: Workers, proxy: FaultProxy, tmp_path: Path
) -> None:
    worker = workers.start(processes=1, url=proxy.url)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    proxy.refuse()
    block.lift()
    block.wait_ended()
    eventually(lambda: "work connection lost" in worker.log)
    proxy.accept()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert (len(block.pids()), shop.row(handle.task_id)["attempt"]) == (1, 1)


def test_a_result_from_before_a_long_outage_is_settled_afterwards(
    shop: Shop, workshop: Workshop, workers: Workers, outage: Outage, tmp_path: Path
) -> None:
    worker = workers.start(processes=1, url=outage.proxy.url)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    outage.begin()
    block.lift()
    block.wait_ended()
    eventually(lambda: FENCED in worker.log, within=20)
    lapsed = "select lease_until < clock_timestamp() from {schema}.workers"
    eventually(lambda: shop.query(lapsed) == [(True,)])
    outage.end()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert (len(block.pids()), shop.row(handle.task_id)["attempt"]) == (1, 1)


def test_a_task_that_ran_when_a_long_outage_began_has_crashed_and_is_not_run_again(
    workshop: Workshop, workers: Workers, proxy: FaultProxy, tmp_path: Path
) -> None:
    worker = workers.start(processes=1, url=proxy.url)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    proxy.refuse()
    eventually(lambda: FENCED in worker.log, within=20)
    proxy.accept()
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
    assert len(block.pids()) == 1


def test_tasks_sent_during_a_long_outage_are_run_when_it_is_over(
    workshop: Workshop, workers: Workers, outage: Outage
) -> None:
    worker = workers.start(url=outage.proxy.url, WORKSHOP_POLL_MS="600000")
    outage.begin()
    eventually(lambda: FENCED in worker.log, within=20)
    handles = workshop.add.send_many([(number, 1) for number in range(20)])
    outage.end()
    assert [handle.get(PATIENCE_MS) for handle in handles] == [TaskResult(ok=number + 1) for number in range(20)]
