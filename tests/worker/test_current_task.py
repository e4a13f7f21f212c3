"""`current_task()`: what a task can know of itself."""

from __future__ import annotations

import pytest

from horsies import TaskResult, current_task
from tests.support.crew import Crew

PATIENCE_MS = 20_000

KINDS = pytest.mark.parametrize("kind", ["tell", "tell_async"])


@KINDS
def test_a_task_knows_its_id_name_attempt_and_queue(crew: Crew, kind: str) -> None:
    handle = getattr(crew.workshop.limited, kind).send()
    told = handle.get(PATIENCE_MS).unwrap()
    assert (told["id"], told["name"], told["attempt"], told["queue"]) == (handle.task_id, kind, 1, "default")
    assert told["cancelled"] is False


@KINDS
def test_a_task_without_a_limit_has_no_deadline(crew: Crew, kind: str) -> None:
    told = getattr(crew.workshop.limited, kind).send().get(PATIENCE_MS).unwrap()
    assert (told["deadline_in"], told["seconds_left"]) == (None, None)


@KINDS
def test_a_task_with_a_limit_knows_how_much_time_is_left(crew: Crew, kind: str) -> None:
    told = getattr(crew.workshop.limited, kind).with_options(timeout_ms=60_000).send().get(PATIENCE_MS).unwrap()
    assert 0 < told["deadline_in"] <= told["seconds_left"] <= 60


def test_coroutines_that_run_at_once_each_know_themselves(crew: Crew) -> None:
    handles = crew.workshop.limited.tell_each.send_many([(number,) for number in range(100)])
    for handle in handles:
        assert handle.get(PATIENCE_MS) == TaskResult(ok=[handle.task_id] * 3)


def test_a_retry_is_another_attempt(crew: Crew) -> None:
    assert crew.workshop.limited.hang_at_first.send().get(PATIENCE_MS) == TaskResult(ok=2)


def test_outside_of_a_task_there_is_none() -> None:
    with pytest.raises(RuntimeError, match="outside of a task"):
        current_task()


def test_a_task_that_is_called_here_and_now_is_no_task_either(crew: Crew) -> None:
    with pytest.raises(RuntimeError, match="outside of a task"):
        crew.workshop.limited.tell()
