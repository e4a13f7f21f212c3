"""Tasks may do to their process what they like: the worker goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from horsies import LibraryErrorCode, TaskResult
from tests.support.crew import Crew
from tests.support.eventually import eventually

PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def the_worker_goes_on(crew: Crew) -> Generator[None]:
    """After each of these tests: it runs tasks in two children."""
    yield
    handles = crew.workshop.add.send_many([(number, 1) for number in range(50)])
    assert [handle.get(PATIENCE_MS) for handle in handles] == [TaskResult(ok=number + 1) for number in range(50)]
    eventually(lambda: len(crew.worker.children()) == 2)


def test_a_task_may_print_a_flood(crew: Crew) -> None:
    assert crew.workshop.misconduct.flood.send(20_000).get(PATIENCE_MS) == TaskResult(ok=20_000)


def test_a_task_may_close_the_standard_files(crew: Crew) -> None:
    assert crew.workshop.misconduct.close_standard_files.send().get(PATIENCE_MS).is_ok()


def test_a_task_that_closes_our_files_as_well_crashes_its_child_alone(crew: Crew) -> None:
    error = crew.workshop.misconduct.close_everything.send().get(PATIENCE_MS).unwrap_err()
    assert error.error_code is LibraryErrorCode.WORKER_CRASHED


def test_a_task_may_change_the_directory(crew: Crew, tmp_path: Path) -> None:
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    assert crew.workshop.misconduct.change_directory.send(str(directory)).get(PATIENCE_MS).unwrap() == str(directory)
    directory.rmdir()


def test_a_daemon_that_holds_the_childs_files_open_does_not_hide_its_death(crew: Crew, tmp_path: Path) -> None:
    pid_file = tmp_path / "daemon"
    pid = crew.workshop.misconduct.leave_daemon.send(str(pid_file)).get(PATIENCE_MS).unwrap()
    daemon = int(eventually(lambda: pid_file.exists() and pid_file.read_text()))
    try:
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: f"child {pid} was killed by SIGKILL" in crew.worker.log)
        crew.worker.wait_settled_in(2)
    finally:
        os.kill(daemon, signal.SIGKILL)


def test_a_task_that_forks_and_returns_in_both_processes_has_one_result(crew: Crew) -> None:
    handle = crew.workshop.misconduct.return_twice.send()
    handle.get(PATIENCE_MS)
    assert crew.shop.query("select count(*) from {schema}.finished where id = %s", handle.task_id) == [(1,)]
    assert "Traceback" not in crew.worker.log
