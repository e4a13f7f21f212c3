"""No child outlives its supervisor, whatever it is doing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.blocked_tasks import Block
from tests.support.embedded_users import is_alive
from tests.support.eventually import eventually
from tests.support.workers import WorkerProcess, Workers
from tests.support.workshop import Workshop

Busy = Callable[[Workshop, Path], Any]


def assert_none_is_left_when_killed(worker: WorkerProcess) -> None:
    """Two seconds are the promise."""
    children = worker.children()
    assert children
    worker.kill()
    eventually(lambda: not any(is_alive(child.pid) for child in children), within=2)


def test_idle_children_end_with_their_supervisor(workers: Workers) -> None:
    assert_none_is_left_when_killed(workers.start().wait_settled_in(2))


def test_children_that_are_just_starting_end_with_their_supervisor(workers: Workers) -> None:
    worker = workers.start(processes=4, ready=False)
    eventually(worker.children)
    assert_none_is_left_when_killed(worker)


@pytest.mark.parametrize("task", ["spin", "search_for_ever"])
def test_a_child_that_never_looks_up_ends_with_its_supervisor(
    workshop: Workshop, workers: Workers, tmp_path: Path, task: str
) -> None:
    if task == "search_for_ever" and sys.platform != "linux":
        pytest.skip("only Linux ends a process that is stuck in C code when its parent dies")
    worker = workers.start(processes=1)
    busy = tmp_path / "busy"
    getattr(workshop.misconduct, task).send(str(busy))
    eventually(busy.exists)
    assert_none_is_left_when_killed(worker)


def test_a_child_that_ignores_signals_ends_with_its_supervisor(workshop: Workshop, workers: Workers) -> None:
    worker = workers.start(processes=1)
    assert workshop.misconduct.ignore_signals.send().get(20_000).is_ok()
    assert_none_is_left_when_killed(worker)


def test_a_child_full_of_coroutines_ends_with_its_supervisor(
    workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start(processes=1)
    block = Block(tmp_path / "block")
    workshop.gather.send_many([(block.path,)] * 20)
    block.wait_begun(20)
    assert_none_is_left_when_killed(worker)
