"""`cancel()`, wherever the task stands: it says whether the task will end CANCELLED, and so it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from horsies import LibraryErrorCode, TaskHandle, TaskStatus
from tests.support.at_once import at_once
from tests.support.blocked_tasks import Block
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000

Cancel = Callable[..., bool]


@pytest.fixture(params=["cancel", "cancel_async"])
def cancel(request: pytest.FixtureRequest, crew: Crew) -> Cancel:
    """Both doors."""

    async def cancel_async(handle: TaskHandle[Any], *, force: bool) -> bool:
        return await handle.cancel_async(force=force)

    if request.param == "cancel":
        return lambda handle, force=False: handle.cancel(force=force)
    return lambda handle, force=False: asyncio.run(cancel_async(handle, force=force))


def assert_cancelled(handle: TaskHandle[Any]) -> None:
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.TASK_CANCELLED
    assert handle.status() is TaskStatus.CANCELLED


def wait_begun(path: str) -> None:
    eventually(lambda: Path(f"{path}.begun").exists())


def wait_pid(path: Path) -> int:
    return int(eventually(lambda: path.exists() and path.read_text()))


def test_a_task_that_waits_is_cancelled_at_once_and_never_runs(crew: Crew, cancel: Cancel, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.watch.schedule(3_600, path)
    assert cancel(handle)
    assert handle.status() is TaskStatus.CANCELLED
    assert_cancelled(handle)
    assert not Path(f"{path}.begun").exists()


def test_a_function_that_runs_sees_the_request_and_ends_in_good_order(
    crew: Crew, cancel: Cancel, tmp_path: Path
) -> None:
    path = str(tmp_path / "task")
    pids = {child.pid for child in crew.worker.children()}
    handle = crew.workshop.limited.watch.send(path)
    wait_begun(path)
    assert cancel(handle)
    assert_cancelled(handle)
    assert Path(f"{path}.stopped").exists()
    assert {child.pid for child in crew.worker.children()} == pids


def test_a_coroutine_that_runs_is_cancelled(crew: Crew, cancel: Cancel, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.watch_async.send(path)
    wait_begun(path)
    assert cancel(handle)
    assert_cancelled(handle)
    assert Path(f"{path}.stopped").exists()


def test_a_function_that_never_looks_ends_cancelled_when_it_ends(crew: Crew, tmp_path: Path) -> None:
    block = Block(tmp_path / "block")
    handle = crew.workshop.wait_for_file.send(block.path)
    block.wait_begun()
    assert handle.cancel()
    assert handle.get(300).unwrap_err().error_code is LibraryErrorCode.WAIT_TIMEOUT
    assert handle.status() is TaskStatus.RUNNING
    block.lift()
    assert_cancelled(handle)


def test_a_coroutine_that_answers_a_cancel_with_a_result_ends_cancelled(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.succeed_when_told_to_stop.send(path)
    wait_begun(path)
    assert handle.cancel()
    assert_cancelled(handle)


@pytest.mark.parametrize("how", ["python", "c"])
def test_by_force_the_process_of_a_function_is_killed(crew: Crew, tmp_path: Path, how: str) -> None:
    misconduct = crew.workshop.misconduct
    task = misconduct.spin if how == "python" else misconduct.search_for_ever
    handle = task.send(str(tmp_path / "pid"))
    pid = wait_pid(tmp_path / "pid")
    assert handle.cancel(force=True)
    assert_cancelled(handle)
    eventually(lambda: pid not in {child.pid for child in crew.worker.children()})
    crew.worker.wait_settled_in(2)


def test_by_force_after_a_polite_request_that_was_not_heeded(crew: Crew, tmp_path: Path) -> None:
    handle = crew.workshop.misconduct.spin.send(str(tmp_path / "pid"))
    wait_pid(tmp_path / "pid")
    assert handle.cancel()
    assert handle.get(300).unwrap_err().error_code is LibraryErrorCode.WAIT_TIMEOUT
    assert handle.cancel(force=True)
    assert_cancelled(handle)
    crew.worker.wait_settled_in(2)


def test_by_force_a_coroutine_that_goes_on_loses_its_process_after_the_grace(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.ignore_requests.send(path)
    wait_begun(path)
    assert handle.cancel(force=True)
    assert_cancelled(handle)
    assert Path(f"{path}.ignored").exists()
    crew.worker.wait_settled_in(2)


def test_a_forced_cancel_leaves_the_next_child_alone(crew: Crew, tmp_path: Path) -> None:
    block = Block(tmp_path / "block")
    neighbour = crew.workshop.wait_for_file.send(block.path)
    pid = block.wait_begun()
    handle = crew.workshop.misconduct.spin.send(str(tmp_path / "pid"))
    wait_pid(tmp_path / "pid")
    assert handle.cancel(force=True)
    assert_cancelled(handle)
    block.lift()
    assert neighbour.get(PATIENCE_MS).is_ok()
    assert block.ended() == [pid]
    crew.worker.wait_settled_in(2)


def test_a_task_that_is_to_be_cancelled_is_not_retried(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.fail_when_told_to_stop.send(path)
    wait_begun(path)
    assert handle.cancel()
    assert_cancelled(handle)
    info = handle.info()
    assert info is not None
    assert (info.attempt, list(info.attempts)) == (1, [])


def test_a_task_that_waits_for_its_retry_is_cancelled_at_once(crew: Crew) -> None:
    handle = crew.workshop.limited.try_again_much_later.send()
    eventually(lambda: handle.status() is TaskStatus.PENDING and crew.shop.row(handle.task_id)["attempt"] == 1)
    assert handle.cancel()
    assert_cancelled(handle)


def test_tasks_that_wait_behind_a_running_one_are_cancelled_without_running(crew: Crew, tmp_path: Path) -> None:
    # Quick so far, so they are given to the children ahead of time.
    for handle in crew.workshop.wait_or_pass.send_many([("",)] * 200):
        handle.get(PATIENCE_MS)
    blocks = [Block(tmp_path / f"block {number}") for number in range(2)]
    blocking = [crew.workshop.wait_or_pass.send(block.path) for block in blocks]
    behind = crew.workshop.limited.tell.send_many([()] * 20)
    for block in blocks:
        block.wait_begun()
    assert all(handle.cancel() for handle in behind)
    for handle in behind:
        assert_cancelled(handle)
    for block in blocks:
        block.lift()
    assert all(handle.get(PATIENCE_MS).is_ok() for handle in blocking)


def test_a_task_that_has_ended_is_left_alone(crew: Crew, cancel: Cancel) -> None:
    done, failed = crew.workshop.add.send(1, 2), crew.workshop.fail.send("BAD")
    for handle, status in ((done, TaskStatus.COMPLETED), (failed, TaskStatus.FAILED)):
        result = handle.get(PATIENCE_MS)
        assert not cancel(handle)
        assert not cancel(handle, force=True)
        assert handle.status() is status
        assert crew.workshop.app.handle(crew.workshop.add, handle.task_id).get(PATIENCE_MS) == result


def test_a_cancelled_task_is_cancelled_still_when_asked_again(crew: Crew, cancel: Cancel) -> None:
    handle = crew.workshop.add.schedule(3_600, 1, 2)
    assert cancel(handle)
    assert cancel(handle)
    assert cancel(handle, force=True)


def test_however_cancels_meet_claims_and_ends_each_task_becomes_what_its_cancel_said(crew: Crew) -> None:
    handles = crew.workshop.add.send_many([(number, 1) for number in range(200)])
    some = [handles[start::4] for start in range(4)]
    said = at_once([lambda mine=mine: [handle.cancel() for handle in mine] for mine in some])
    for mine, answers in zip(some, said, strict=True):
        for handle, was_cancelled in zip(mine, answers, strict=True):
            result = handle.get(PATIENCE_MS)
            assert result.is_err() == was_cancelled
            assert (handle.status() is TaskStatus.CANCELLED) == was_cancelled


def test_coroutines_cancelled_at_every_moment_of_their_lives_end_cancelled(crew: Crew) -> None:
    handles = crew.workshop.nap.send_many([(0.05,)] * 100)
    said = [handle.cancel() for handle in handles]
    for handle, was_cancelled in zip(handles, said, strict=True):
        result = handle.get(PATIENCE_MS)
        assert result.is_err() == was_cancelled
        if was_cancelled:
            assert result.unwrap_err().error_code is LibraryErrorCode.TASK_CANCELLED


def test_a_lost_notification_of_a_cancel_is_made_up_for_by_the_next_renewal(crew: Crew, tmp_path: Path) -> None:
    path = str(tmp_path / "task")
    handle = crew.workshop.limited.watch.send(path)
    wait_begun(path)
    # As `cancel` does it, but nobody is told.
    crew.shop.query("update {schema}.tasks set cancel_requested = 'ask' where id = %s", handle.task_id)
    assert_cancelled(handle)
