"""A child that dies while others work costs its own task and nothing else."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000


@pytest.fixture(params=["kill", "segfault", "exit"])
def how(request: pytest.FixtureRequest) -> str:
    """How it dies."""
    return request.param


def test_the_task_that_died_is_worker_crashed_and_all_others_end_well(crew: Crew, how: str, tmp_path: Path) -> None:
    neighbour = Block(tmp_path / "neighbour")
    long_one = crew.workshop.wait_for_file.send(neighbour.path)
    neighbour.wait_begun()
    crew.workshop.add.send_many([(n, 0) for n in range(100)])[-1].get(PATIENCE_MS)
    queued = crew.workshop.add.send_many([(n, 1) for n in range(50)])
    victim = crew.workshop.die.send(how)
    queued += crew.workshop.add.send_many([(n, 1) for n in range(50, 200)])
    assert victim.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
    assert [handle.get(PATIENCE_MS) for handle in queued] == [TaskResult(ok=n + 1) for n in range(200)]
    neighbour.lift()
    assert long_one.get(PATIENCE_MS).is_ok()
    assert len(neighbour.pids()) == 1
    crashed = crew.shop.query("select count(*) from {schema}.finished where id = %s", victim.task_id)
    spent = crew.shop.query(
        "select count(*) from {schema}.finished where attempt <> 1 and id = any (%s::uuid[])",
        [handle.task_id for handle in queued],
    )
    assert (crashed, spent) == ([(1,)], [(0,)])


def test_the_error_tells_the_signal_or_the_exit_code(crew: Crew, how: str) -> None:
    error = crew.workshop.die.send(how).get(PATIENCE_MS).unwrap_err()
    told = {"kill": ("signal", "SIGKILL"), "segfault": ("signal", "SIGSEGV"), "exit": ("exit_code", 7)}[how]
    assert isinstance(error.data, dict)
    assert told in error.data.items()
    assert error.message is not None
    assert str(told[1]) in error.message


def test_a_death_is_seen_within_two_seconds(crew: Crew, how: str) -> None:
    handle = crew.workshop.die.send(how)
    handle.get(PATIENCE_MS)
    row = crew.shop.row(handle.task_id)
    assert (row["finished_at"] - row["started_at"]).total_seconds() < 2


def test_a_child_killed_from_outside_is_like_one_that_died_by_itself(crew: Crew, tmp_path: Path) -> None:
    block = Block(tmp_path / "block")
    handle = crew.workshop.wait_for_file.send(block.path)
    os.kill(block.wait_begun(), signal.SIGKILL)
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED


def test_all_coroutines_that_ran_in_the_child_crash_with_it(crew: Crew, tmp_path: Path) -> None:
    block = Block(tmp_path / "block")
    handles = crew.workshop.gather.send_many([(block.path,)] * 6)
    block.wait_begun(6)
    first, *_ = pids = block.pids()
    os.kill(first, signal.SIGKILL)
    crashed = eventually(lambda: _failed(crew, [handle.task_id for handle in handles]))
    block.lift()
    assert all(handle.get(PATIENCE_MS) for handle in handles)
    assert len(crashed) == pids.count(first)


def _failed(crew: Crew, ids: list[str]) -> list[object]:
    query = "select id from {schema}.finished where error_code = 'WORKER_CRASHED' and id = any (%s::uuid[])"
    return [row[0] for row in crew.shop.query(query, ids)]


def test_a_new_child_takes_the_place_of_the_dead_one(crew: Crew, how: str) -> None:
    crew.worker.wait_settled_in(2)
    before = {child.pid for child in crew.worker.children()}
    crew.workshop.die.send(how).get(PATIENCE_MS)
    after = {child.pid for child in crew.worker.wait_settled_in(2).children()}
    assert len(before & after) == 1


def test_what_a_dead_child_had_started_dies_with_it(crew: Crew, tmp_path: Path) -> None:
    pid_file = tmp_path / "helper"
    handle = crew.workshop.misconduct.start_helper_and_die.send(str(pid_file))
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
    eventually(lambda: not psutil.pid_exists(int(pid_file.read_text())))
