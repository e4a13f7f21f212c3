"""All that is known of a task, wherever it stands."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

from horsies_core.identifiers import new_task_id
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.describing import Description, describe
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def described(shop: Shop, task_id: UUID) -> Description:
    description = shop.run(describe(task_id))
    assert description is not None
    return description


def test_a_task_that_waits_is_described_as_it_was_sent(shop: Shop) -> None:
    until = datetime.now(timezone.utc) + timedelta(hours=1)
    task = shop.enqueue(queue="mail", priority=7, good_until=until, timeout_ms=1_500, delay_seconds=60)
    description = described(shop, task.id)
    info = description.info
    assert (info.task_id, info.name, info.queue, info.priority) == (str(task.id), "greet", "mail", 7)
    assert (info.status, info.attempt, info.attempts) == (TaskStatus.PENDING, 0, [])
    assert (info.good_until, info.timeout_ms) == (until, 1_500)
    assert (info.due_at - info.enqueued_at).total_seconds() == 60
    assert (info.started_at, info.finished_at, info.worker, info.error_code) == (None, None, None, None)
    assert description.result is None


def test_a_task_that_runs_is_described_with_its_worker_and_its_start(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    info = described(shop, task_id).info
    assert (info.status, info.attempt, info.worker) == (TaskStatus.RUNNING, 1, str(worker.incarnation))
    assert info.started_at is not None
    assert info.finished_at is None


def test_a_task_that_ended_is_described_with_its_end_its_code_and_its_result(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.fail(task_id, token, "RATE_LIMITED", '{"err": 7}')
    description = described(shop, task_id)
    info = description.info
    assert (info.status, info.error_code, description.result) == (TaskStatus.FAILED, "RATE_LIMITED", '{"err": 7}')
    assert info.started_at is not None
    assert info.finished_at is not None
    assert info.started_at <= info.finished_at


def test_attempts_that_were_followed_by_another_are_listed_oldest_first(shop: Shop) -> None:
    shop.enqueue()
    first, second = StandIn.arrive(shop), StandIn.arrive(shop)
    assert first.retry(*first.claim_one(), code="RATE_LIMITED")
    assert second.retry(*second.claim_one(), code="TIMEOUT")
    task_id, token = first.claim_one()
    assert first.complete(task_id, token)
    info = described(shop, task_id).info
    assert info.attempt == 3
    assert [(it.number, it.worker, it.error_code, it.message) for it in info.attempts] == [
        (1, str(first.incarnation), "RATE_LIMITED", "it took too long"),
        (2, str(second.incarnation), "TIMEOUT", "it took too long"),
    ]
    assert all(it.started_at is not None and it.started_at <= it.ended_at for it in info.attempts)


def test_the_attempts_of_one_task_are_not_those_of_another(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    assert worker.retry(*worker.claim_one())
    other = shop.enqueue()
    assert described(shop, other.id).info.attempts == []


def test_a_task_that_nobody_knows_has_no_description(shop: Shop) -> None:
    assert shop.run(describe(new_task_id())) is None
