"""`timeout_ms`: a coroutine is cancelled, a function is asked, what does not end is killed; neighbours never notice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from horsies import LibraryErrorCode, TaskResult, TaskStatus
from horsies_worker.execution.limits import GRACE_SECONDS
from tests.support.blocked_tasks import Block
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000
LIMIT_MS = 200


def assert_timed_out(result: TaskResult[object, object]) -> None:
    error = result.unwrap_err()
    assert getattr(error, "error_code", None) is LibraryErrorCode.TASK_TIMEOUT
    assert getattr(error, "data", None) == {"timeout_ms": LIMIT_MS}


def seconds_run(crew: Crew, task_id: str) -> float:
    row = crew.shop.row(task_id)
    return (row["finished_at"] - row["started_at"]).total_seconds()


def test_a_coroutine_is_cancelled_at_its_limit(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    pids = {child.pid for child in crew.worker.children()}
    handle = crew.workshop.limited.watch_async.with_options(timeout_ms=LIMIT_MS).send(path)
    assert_timed_out(handle.get(PATIENCE_MS))
    assert Path(f"{path}.stopped").exists()
    assert handle.status() is TaskStatus.FAILED
    assert seconds_run(crew, handle.task_id) >= LIMIT_MS / 1000
    assert {child.pid for child in crew.worker.children()} == pids


def test_many_coroutines_that_reach_their_limit_at_once_all_end_as_timed_out(crew: Crew) -> None:
    sender = crew.workshop.nap.with_options(timeout_ms=LIMIT_MS)
    for handle in sender.send_many([(60.0,)] * 200):
        assert_timed_out(handle.get(PATIENCE_MS))


def test_a_coroutine_that_goes_on_after_its_limit_loses_its_process_after_the_grace(crew: Crew, tmp_path: Path) -> None:
    handle = crew.workshop.limited.ignore_requests.with_options(timeout_ms=LIMIT_MS).send(str(tmp_path / "task"))
    assert_timed_out(handle.get(PATIENCE_MS))
    assert Path(tmp_path / "task.ignored").exists()
    assert seconds_run(crew, handle.task_id) >= LIMIT_MS / 1000 + GRACE_SECONDS
    crew.worker.wait_settled_in(2)


def test_a_function_is_asked_to_stop_and_may_end_in_good_order_within_the_grace(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    pids = {child.pid for child in crew.worker.children()}
    handle = crew.workshop.limited.watch.with_options(timeout_ms=LIMIT_MS).send(path)
    assert_timed_out(handle.get(PATIENCE_MS))
    assert Path(f"{path}.stopped").exists()
    assert {child.pid for child in crew.worker.children()} == pids


@pytest.mark.parametrize("how", ["python", "c"])
def test_a_function_that_never_looks_is_killed_and_the_next_child_never_notices(
    crew: Crew, tmp_path: Path, how: str
) -> None:
    # One child for each: the neighbour and the offender run at the same time.
    block = Block(tmp_path / "block")
    neighbour = crew.workshop.wait_for_file.send(block.path)
    pid = block.wait_begun()
    misconduct = crew.workshop.misconduct
    task = misconduct.spin if how == "python" else misconduct.search_for_ever
    handle = task.with_options(timeout_ms=LIMIT_MS).send(str(tmp_path / "pid"))
    assert_timed_out(handle.get(PATIENCE_MS))
    offender = int((tmp_path / "pid").read_text())
    assert offender != pid
    assert seconds_run(crew, handle.task_id) >= LIMIT_MS / 1000 + GRACE_SECONDS
    # The neighbour's process is the same, and at its first attempt.
    block.lift()
    assert neighbour.get(PATIENCE_MS).is_ok()
    assert block.pids() == block.ended() == [pid]
    crew.worker.wait_settled_in(2)
    assert offender not in {child.pid for child in crew.worker.children()}


def test_a_task_past_its_limit_is_reported_within_its_limit_and_the_grace(crew: Crew, tmp_path: Path) -> None:
    started = time.monotonic()
    handle = crew.workshop.misconduct.spin.with_options(timeout_ms=LIMIT_MS).send(str(tmp_path / "pid"))
    assert_timed_out(handle.get(PATIENCE_MS))
    # Twice as long is the machine's share; without a kill it would take for ever.
    assert time.monotonic() - started < 2 * (LIMIT_MS / 1000 + GRACE_SECONDS) + 2
    crew.worker.wait_settled_in(2)


def test_what_waits_behind_a_task_past_its_limit_is_run_all_the_same(crew: Crew, tmp_path: Path) -> None:
    offenders = [
        crew.workshop.misconduct.spin.with_options(timeout_ms=LIMIT_MS).send(str(tmp_path / f"pid {number}"))
        for number in range(2)
    ]
    handles = crew.workshop.add.send_many([(1, 1)] * 50)
    assert all(handle.get(PATIENCE_MS) == TaskResult(ok=2) for handle in handles)
    for offender in offenders:
        assert_timed_out(offender.get(PATIENCE_MS))
    crew.worker.wait_settled_in(2)


def test_coroutines_beside_a_function_that_is_killed_are_lost_with_it_and_those_in_the_next_child_are_not(
    crew: Crew, tmp_path: Path
) -> None:
    block = Block(tmp_path / "block")
    neighbours = crew.workshop.gather.send_many([(block.path,)] * 10)
    block.wait_begun(10)
    offender = crew.workshop.misconduct.spin.with_options(timeout_ms=LIMIT_MS).send(str(tmp_path / "pid"))
    assert_timed_out(offender.get(PATIENCE_MS))
    killed = int((tmp_path / "pid").read_text())
    block.lift()
    codes = [getattr(handle.get(PATIENCE_MS).err, "error_code", None) for handle in neighbours]
    assert codes.count(None) == 10 - block.pids().count(killed)
    assert set(codes) - {None} <= {LibraryErrorCode.WORKER_CRASHED}
    crew.worker.wait_settled_in(2)


@pytest.mark.parametrize("kind", ["function", "coroutine"])
def test_a_timeout_is_retried_like_any_code_that_the_policy_names(crew: Crew, kind: str) -> None:
    limited = crew.workshop.limited
    handle = (limited.hang_at_first if kind == "function" else limited.hang_at_first_async).send()
    assert handle.get(PATIENCE_MS) == TaskResult(ok=2)
    info = handle.info()
    assert info is not None
    assert [(it.number, it.error_code) for it in info.attempts] == [(1, "TASK_TIMEOUT")]


def test_time_in_a_queue_does_not_count(crew: Crew, tmp_path: Path) -> None:
    blocks = [Block(tmp_path / f"block {number}") for number in range(2)]
    for block in blocks:
        crew.workshop.wait_for_file.send(block.path)
    for block in blocks:
        block.wait_begun()
    waiting = crew.workshop.greet.with_options(timeout_ms=LIMIT_MS).send("Ann")
    beside = crew.workshop.nap.send(2 * LIMIT_MS / 1000)
    assert beside.get(PATIENCE_MS).is_ok()
    assert waiting.status() in (TaskStatus.PENDING, TaskStatus.RUNNING)
    for block in blocks:
        block.lift()
    assert waiting.get(PATIENCE_MS) == TaskResult(ok="hello Ann")


def test_a_task_that_ends_in_time_keeps_its_result(crew: Crew) -> None:
    sender = crew.workshop.add.with_options(timeout_ms=10_000)
    assert sender.send(1, 2).get(PATIENCE_MS) == TaskResult(ok=3)
    eventually(lambda: crew.shop.query("select count(*) from {schema}.tasks where status = 'RUNNING'") == [(0,)])
