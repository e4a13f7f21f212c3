"""Delayed and retried tasks run when they are due, and not at the worker's next poll."""

from __future__ import annotations

import statistics
import uuid
from collections.abc import Generator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from uuid import UUID

import pytest

from horsies import TaskHandle, TaskStatus
from horsies_core.plans.looking_up import look_up_and_await
from tests.support.crew import Crew
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.stand_in import StandIn
from tests.support.workers import Workers
from tests.support.workshop import build

PATIENCE_MS = 20_000
POLL_SECONDS = 60
"""So long that what runs before was not found by a poll."""


@pytest.fixture(scope="module")
def crew(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Crew]:
    """A worker that hardly ever polls."""
    schema = f"test_{uuid.uuid4().hex[:12]}"
    directory = tmp_path_factory.mktemp("crew")
    with Shop.open(database_url, schema) as shop:
        workshop = build(database_url, schema)
        with workshop.app, Workers(database_url, schema, directory) as workers:
            worker = workers.start(WORKSHOP_POLL_MS=str(POLL_SECONDS * 1000)).wait_settled_in(2)
            yield Crew(shop, workshop, worker)
        shop.connection.execute(f'drop schema "{schema}" cascade'.encode())


def seconds_late(crew: Crew, handles: Sequence[TaskHandle[int]]) -> list[float]:
    """By the database's clock; none of them early."""
    for handle in handles:
        assert handle.get(PATIENCE_MS).is_ok()
    rows = [crew.shop.row(handle.task_id) for handle in handles]
    late = [(row["started_at"] - row["due_at"]).total_seconds() for row in rows]
    assert min(late) >= 0
    return late


def test_delayed_tasks_start_within_a_tenth_of_a_second_of_their_time_at_the_median(crew: Crew) -> None:
    late = seconds_late(crew, [crew.workshop.add.schedule(0.2 + number * 0.07, 1, 2) for number in range(11)])
    assert statistics.median(late) < 0.1


def test_a_task_for_a_moment_starts_at_that_moment(crew: Crew) -> None:
    due = datetime.now(timezone.utc) + timedelta(seconds=0.4)
    handle = crew.workshop.add.with_options(run_at=due).send(1, 2)
    assert seconds_late(crew, [handle])[0] < POLL_SECONDS / 10
    assert crew.shop.row(handle.task_id)["due_at"] == due


def test_a_task_that_is_due_before_the_one_that_is_waited_for_starts_first(crew: Crew) -> None:
    later = crew.workshop.add.schedule(1.0, 1, 2)
    eventually(lambda: later.status() is TaskStatus.PENDING)
    sooner = crew.workshop.add.schedule(0.3, 1, 2)
    assert max(seconds_late(crew, [sooner, later])) < POLL_SECONDS / 10
    assert crew.shop.row(sooner.task_id)["started_at"] < crew.shop.row(later.task_id)["started_at"]


def test_a_retry_starts_when_it_is_due(crew: Crew, tmp_path: object) -> None:
    handle = crew.workshop.mishaps.succeed_on_try.send(2, f"{tmp_path}/tries")
    assert seconds_late(crew, [handle])[0] < POLL_SECONDS / 10


def test_an_exponential_policy_doubles_its_delay_give_or_take_a_quarter(crew: Crew) -> None:
    handle = crew.workshop.limited.back_off.send()
    error = handle.get(PATIENCE_MS).unwrap_err()
    # The task's own data of the last of four attempts.
    assert (error.error_code, error.data) == ("BUSY", {"attempt": 4})
    info = handle.info()
    assert info is not None
    assert [(it.number, it.error_code) for it in info.attempts] == [(1, "BUSY"), (2, "BUSY"), (3, "BUSY")]
    starts = [*[it.started_at for it in info.attempts], info.started_at]
    pauses = [
        (started - ended).total_seconds()
        for ended, started in zip([it.ended_at for it in info.attempts], starts[1:], strict=True)
        if started is not None
    ]
    for pause, planned in zip(pauses, (0.1, 0.2, 0.4), strict=True):
        assert pause > 0.75 * planned - 0.005
        assert pause < 1.25 * planned + POLL_SECONDS / 10
    assert all(before is not None and then is not None and before < then for before, then in pairwise(starts))


def test_a_task_that_a_claim_passed_over_while_somebody_asked_to_be_told_of_it_does_not_wait_for_the_poll(
    crew: Crew,
) -> None:
    handle = crew.workshop.add.schedule(0.2, 1, 2)
    ask = look_up_and_await([UUID(handle.task_id)], channel="horsies_reply_1", schema=crew.shop.schema)
    with StandIn(crew.shop).elsewhere() as other, other.shop.connection.transaction():
        other.shop.run(ask)
        eventually(lambda: crew.shop.query("select bool_and(due_at < now()) from {schema}.tasks") == [(True,)])
        # The worker has claimed since, and found the row locked.
        assert crew.workshop.add.send(1, 1).get(PATIENCE_MS).is_ok()
    assert seconds_late(crew, [handle])[0] < POLL_SECONDS / 10
