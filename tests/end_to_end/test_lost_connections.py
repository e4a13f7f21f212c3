"""A worker's connections break, in the worst moments and all at once: it recovers, and nothing runs twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from horsies import TaskResult
from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.fault_proxy import FaultProxy
from tests.support.shop import Shop
from tests.support.workers import WorkerProcess, Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 30_000


@pytest.mark.parametrize("role", ["work", "lease", "listen"])
def test_a_worker_recovers_when_one_of_its_connections_is_terminated(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path, role: str
) -> None:
    workers.start(processes=2)
    block = Block(tmp_path / "block")
    running = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    (old,) = _backends(shop, role)
    shop.query("select pg_terminate_backend(%s)", old)
    assert workshop.add.send(1, 1).get(PATIENCE_MS) == TaskResult(ok=2)
    (new,) = eventually(lambda: [pid for pid in _backends(shop, role) if pid != old], within=20)
    assert new != old
    block.lift()
    assert running.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert len(block.pids()) == 1


def test_a_worker_recovers_when_all_its_connections_are_terminated_again_and_again(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    worker = workers.start(processes=2)
    for round_ in range(15):
        handles = workshop.add.send_many([(round_, number) for number in range(100)])
        for role in ("work", "lease", "listen"):
            for backend in _backends(shop, role):
                shop.query("select pg_terminate_backend(%s)", backend)
        results = [handle.get(PATIENCE_MS) for handle in handles]
        assert results == [TaskResult(ok=round_ + number) for number in range(100)]
    assert shop.query("select max(attempt) from {schema}.finished") == [(1,)]
    assert worker.stop() == 0


def _backends(shop: Shop, role: str) -> list[int]:
    query = "select pid from pg_stat_activity where application_name = %s and datname = current_database()"
    return [pid for (pid,) in shop.query(query, f"horsies worker {role}")]


def start_quiet_worker(workers: Workers, proxy: FaultProxy) -> WorkerProcess:
    """One that, for the next seconds, uses its work connection for nothing but what the test gives it to do."""
    worker = workers.start(processes=1, url=proxy.url, WORKSHOP_RECOVERY="default")
    wait_quiet(proxy)
    return worker


def wait_quiet(proxy: FaultProxy) -> None:
    """Until every statement that was on its way has been answered."""
    eventually(lambda: proxy.quiet_seconds > 0.3, within=20)


def test_tasks_claimed_by_a_turn_whose_reply_is_lost_are_released_and_run_exactly_once(
    shop: Shop, workshop: Workshop, workers: Workers, proxy: FaultProxy, tmp_path: Path
) -> None:
    worker = start_quiet_worker(workers, proxy)
    notes = tmp_path / "notes"
    proxy.hold_replies("work")
    handle = workshop.note.send(str(notes))
    eventually(lambda: shop.status(handle.task_id) == "RUNNING")
    assert not notes.exists()
    proxy.cut("work")
    assert handle.get(PATIENCE_MS).is_ok()
    assert "reply was lost" in worker.log
    assert notes.read_text().split() == ["begin", "end"]
    assert shop.row(handle.task_id)["attempt"] == 1


def test_a_result_whose_confirmation_is_lost_is_settled_once_and_no_claim_is_said_to_be_lost(
    shop: Shop, workshop: Workshop, workers: Workers, proxy: FaultProxy, tmp_path: Path
) -> None:
    worker = start_quiet_worker(workers, proxy)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    wait_quiet(proxy)
    proxy.hold_replies("work")
    block.lift()
    eventually(lambda: shop.status(handle.task_id) == "COMPLETED")
    proxy.cut("work")
    assert workshop.add.send(1, 1).get(PATIENCE_MS) == TaskResult(ok=2)
    assert "LostClaim" not in worker.log
    assert len(block.pids()) == 1
