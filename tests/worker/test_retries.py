"""Retries: when, how often, and what is kept of each attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from horsies import LibraryErrorCode, TaskError, TaskResult
from tests.support.crew import Crew

PATIENCE_MS = 20_000


def attempts_of(crew: Crew, task_id: str) -> list[tuple[Any, ...]]:
    return crew.shop.query(
        "select attempt, error_code, message from {schema}.attempts where task_id = %s order by attempt", task_id
    )


def test_a_failure_that_the_policy_names_is_tried_again_until_it_succeeds(crew: Crew, tmp_path: Path) -> None:
    handle = crew.workshop.mishaps.succeed_on_try.send(3, str(tmp_path / "tries"))
    assert handle.get(PATIENCE_MS) == TaskResult(ok=3)
    assert crew.shop.row(handle.task_id)["attempt"] == 3
    assert attempts_of(crew, handle.task_id) == [(1, "TOO_EARLY", "try 1"), (2, "TOO_EARLY", "try 2")]


def test_a_task_that_fails_at_every_try_ends_with_its_last_error(crew: Crew, tmp_path: Path) -> None:
    handle = crew.workshop.mishaps.succeed_on_try.send(9, str(tmp_path / "tries"))
    assert handle.get(PATIENCE_MS) == TaskResult(err=TaskError("TOO_EARLY", "try 3", {"try": 3}))
    row = crew.shop.row(handle.task_id)
    assert (row["status"], row["attempt"]) == ("FAILED", 3)


def test_an_attempt_is_kept_with_its_worker_and_its_times_and_the_next_one_waits_out_the_delay(
    crew: Crew, tmp_path: Path
) -> None:
    handle = crew.workshop.mishaps.succeed_on_try.send(2, str(tmp_path / "tries"))
    assert handle.get(PATIENCE_MS).is_ok()
    row = crew.shop.row(handle.task_id)
    ((incarnation, started_at, ended_at),) = crew.shop.query(
        "select incarnation, started_at, ended_at from {schema}.attempts where task_id = %s", handle.task_id
    )
    assert incarnation == row["incarnation"]
    assert started_at <= ended_at
    assert row["started_at"] >= row["due_at"]
    assert (row["started_at"] - ended_at).total_seconds() >= 0.29


def test_a_failure_that_the_policy_does_not_name_is_final(crew: Crew) -> None:
    handle = crew.workshop.mishaps.fail_with_and_retry.send("nul in code")
    assert handle.get(PATIENCE_MS).is_err()
    assert crew.shop.row(handle.task_id)["attempt"] == 1


@pytest.mark.parametrize("part", ["nul in message", "surrogate in message"])
def test_a_failure_whose_text_postgresql_does_not_take_is_tried_again_like_any_other(crew: Crew, part: str) -> None:
    handle = crew.workshop.mishaps.fail_with_and_retry.send(part)
    assert handle.get(PATIENCE_MS).unwrap_err().error_code == "ODD"
    assert [attempt[:2] for attempt in attempts_of(crew, handle.task_id)] == [(1, "ODD")]


def test_a_poison_task_ends_as_worker_crashed_when_its_retries_are_spent(crew: Crew) -> None:
    handle = crew.workshop.die_and_retry.send("kill")
    assert handle.get(PATIENCE_MS).unwrap_err().error_code is LibraryErrorCode.WORKER_CRASHED
    assert crew.shop.row(handle.task_id)["attempt"] == 3
    assert [attempt[:2] for attempt in attempts_of(crew, handle.task_id)] == [
        (1, "WORKER_CRASHED"),
        (2, "WORKER_CRASHED"),
    ]
