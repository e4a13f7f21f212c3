"""Cancelling, as the database sees it: at once before a task's code begins, by request while it runs, never after."""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Barrier
from uuid import UUID

import pytest

from horsies import RetryPolicy
from horsies_core.channels import work_channel
from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.identifiers import new_task_id
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.cancelling import cancel, cancel_requests
from horsies_core.plans.leasing import give_up_lost, renew
from horsies_core.plans.looking_up import look_up_and_await
from horsies_core.plans.rescuing import rescue
from horsies_core.plans.turning import CANCELLED, end
from horsies_core.verdict import Outcome
from tests.support.at_once import at_once
from tests.support.radio import Radio
from tests.support.shop import Shop
from tests.support.stand_in import StandIn

CRASHED = Outcome('{"err": "lost"}', "WORKER_CRASHED", "lost")
RETRIED_ON_CRASH = RetryPolicy.fixed([0], auto_retry_for=["WORKER_CRASHED"], jitter=False).to_json()

GivenBack = Callable[[StandIn, UUID, UUID], bool]


def cancelled(shop: Shop, task_id: UUID, *, by_force: bool = False) -> bool:
    return shop.run(cancel(task_id, by_force=by_force, schema=shop.schema))


def requests(worker: StandIn) -> dict[UUID, bool]:
    return worker.shop.run(cancel_requests(worker.incarnation))


def assert_ended_cancelled(shop: Shop, task_id: UUID) -> None:
    row = shop.row(task_id)
    assert (row["status"], row["error_code"], row["result"]) == ("CANCELLED", "TASK_CANCELLED", CANCELLED)
    assert row["finished_at"] is not None


def test_a_pending_task_is_cancelled_at_once(shop: Shop) -> None:
    task = shop.enqueue()
    assert cancelled(shop, task.id)
    assert_ended_cancelled(shop, task.id)
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]
    assert StandIn.arrive(shop).claim().ids == []


def test_a_cancelled_task_is_told_to_those_who_await_it(shop: Shop) -> None:
    task = shop.enqueue()
    with Radio.tuned_to(shop, "horsies_reply_1") as radio:
        shop.run(look_up_and_await([task.id], channel=radio.channel, schema=shop.schema))
        assert cancelled(shop, task.id)
        assert radio.heard() == [str(task.id)]


def test_a_task_that_waits_for_its_retry_is_cancelled_at_once(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.retry(task_id, token, delay=60)
    assert cancelled(shop, task_id)
    assert_ended_cancelled(shop, task_id)
    assert shop.row(task_id)["attempt"] == 1


def test_an_end_without_a_token_is_only_for_pending_tasks(shop: Shop) -> None:
    shop.enqueue()
    task_id, _ = StandIn.arrive(shop).claim_one()
    ending = Settlement(task_id, None, TaskStatus.CANCELLED, "TASK_CANCELLED", CANCELLED)
    assert shop.run(end(Endings([ending]), schema=shop.schema)) == frozenset()
    assert shop.status(task_id) == "RUNNING"


def test_an_end_with_a_token_is_not_for_pending_tasks(shop: Shop) -> None:
    task = shop.enqueue()
    ending = Settlement(task.id, new_task_id(), TaskStatus.CANCELLED, "TASK_CANCELLED", CANCELLED)
    assert shop.run(end(Endings([ending]), schema=shop.schema)) == frozenset()
    assert shop.status(task.id) == "PENDING"


def test_a_running_task_is_asked_to_stop_and_goes_on_until_its_worker_ends_it(shop: Shop) -> None:
    shop.enqueue()
    worker, other = StandIn.arrive(shop), StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    assert requests(worker) == {}
    assert cancelled(shop, task_id)
    assert shop.status(task_id) == "RUNNING"
    assert requests(worker) == {task_id: False}
    assert requests(other) == {}


def test_workers_are_told_of_a_request_to_cancel(shop: Shop) -> None:
    shop.enqueue()
    task_id, _ = StandIn.arrive(shop).claim_one()
    with Radio.tuned_to(shop, work_channel(shop.schema)) as radio:
        assert cancelled(shop, task_id)
        assert radio.heard() == ["cancel"]


def test_a_renewal_tells_of_requests_whose_notification_was_lost(shop: Shop) -> None:
    shop.enqueue()
    worker, other = StandIn.arrive(shop), StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    assert not shop.run(renew(worker.incarnation, lease_seconds=100)).has_cancel_requests
    assert cancelled(shop, task_id)
    assert shop.run(renew(worker.incarnation, lease_seconds=100)).has_cancel_requests
    assert not shop.run(renew(other.incarnation, lease_seconds=100)).has_cancel_requests


def test_a_forced_request_is_not_taken_back_by_a_milder_one(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    for by_force, stands in ((False, False), (True, True), (False, True)):
        assert cancelled(shop, task_id, by_force=by_force)
        assert requests(worker) == {task_id: stands}


@pytest.mark.parametrize("ended_by", [StandIn.complete, StandIn.fail])
def test_a_task_that_was_asked_to_stop_ends_cancelled_whatever_it_returned(shop: Shop, ended_by: GivenBack) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert cancelled(shop, task_id)
    assert ended_by(worker, task_id, token)
    assert_ended_cancelled(shop, task_id)
    assert shop.row(task_id)["claim_token"] == token


@pytest.mark.parametrize("given_back_by", [StandIn.retry, StandIn.release])
def test_a_task_that_is_to_be_cancelled_is_neither_retried_nor_released(shop: Shop, given_back_by: GivenBack) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert cancelled(shop, task_id)
    before = shop.row(task_id)
    assert not given_back_by(worker, task_id, token)
    assert shop.row(task_id) == before
    assert shop.query("select count(*) from {schema}.attempts") == [(0,)]


@pytest.mark.parametrize("given_back", ["retry", "release"])
def test_what_was_refused_a_retry_or_a_release_is_ended_as_cancelled(shop: Shop, given_back: str) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert cancelled(shop, task_id)
    refused = (
        Endings(retries=[Retry(task_id, token, 0, "BAD", None, "{}")])
        if given_back == "retry"
        else Endings(releases=[Release(task_id, token)])
    )
    assert worker.end(refused) == frozenset()
    assert worker.end(refused.cancelled(CANCELLED)) == {task_id}
    assert_ended_cancelled(shop, task_id)


def test_a_late_owner_cannot_end_as_cancelled_what_another_worker_took_over(shop: Shop) -> None:
    shop.enqueue()
    late, successor = StandIn.arrive(shop), StandIn.arrive(shop)
    task_id, old_token = late.claim_one()
    assert late.release(task_id, old_token)
    _, new_token = successor.claim_one()
    refused = Endings(releases=[Release(task_id, old_token)])
    assert late.end(refused.cancelled(CANCELLED)) == frozenset()
    assert successor.complete(task_id, new_token)
    assert shop.status(task_id) == "COMPLETED"


@pytest.mark.parametrize("retry_policy", [None, RETRIED_ON_CRASH], ids=["plain", "retried on crash"])
def test_a_lost_workers_task_that_was_to_be_cancelled_is_rescued_as_cancelled(
    shop: Shop, retry_policy: str | None
) -> None:
    shop.enqueue(retry_policy=retry_policy)
    other = shop.enqueue(retry_policy=RETRIED_ON_CRASH)
    worker = StandIn.arrive(shop, lease_seconds=-1)
    task_id, _ = worker.claim_one()
    worker.claim_one()
    assert cancelled(shop, task_id)
    shop.run(give_up_lost())
    rescued = shop.run(rescue(CRASHED, schema=shop.schema, rng=random.Random(1)))
    assert_ended_cancelled(shop, task_id)
    assert rescued.retried == [other.id]
    assert [*rescued.failed, *rescued.cancelled] == [task_id]
    assert shop.run(give_up_lost()) == []


@pytest.mark.parametrize("ended_by", [StandIn.complete, StandIn.fail])
def test_a_task_that_has_ended_is_left_alone(shop: Shop, ended_by: GivenBack) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert ended_by(worker, task_id, token)
    before = shop.row(task_id)
    assert not cancelled(shop, task_id, by_force=True)
    assert shop.row(task_id) == before


def test_a_task_that_ended_cancelled_says_so_again(shop: Shop) -> None:
    task = shop.enqueue()
    assert cancelled(shop, task.id)
    before = shop.row(task.id)
    assert cancelled(shop, task.id)
    assert shop.row(task.id) == before


def test_a_task_that_nobody_knows_is_not_cancelled(shop: Shop) -> None:
    assert not cancelled(shop, new_task_id())


def test_a_task_claimed_while_it_is_being_cancelled_is_asked_to_stop(shop: Shop) -> None:
    task = shop.enqueue()
    worker = StandIn.arrive(shop)
    barrier = Barrier(2)

    def cancel_elsewhere() -> bool:
        with worker.elsewhere() as other:
            barrier.wait(10)
            return cancelled(other.shop, task.id)

    def claim_and_commit() -> list[UUID]:
        with worker.elsewhere() as other, other.shop.connection.transaction():
            ids = other.claim(1).ids
            barrier.wait(10)
            return ids

    was_cancelled, claimed = at_once([cancel_elsewhere, claim_and_commit])
    assert was_cancelled
    assert claimed == [task.id]
    assert requests(worker) == {task.id: False}


def test_however_a_cancel_and_an_end_meet_what_cancel_says_is_what_becomes_of_the_task(shop: Shop) -> None:
    for _ in range(20):
        shop.enqueue()
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    barrier = Barrier(2)

    def cancel_each() -> list[bool]:
        with worker.elsewhere() as other:
            barrier.wait(10)
            return [cancelled(other.shop, task_id) for task_id in taken.ids]

    def complete_each() -> list[bool]:
        with worker.elsewhere() as other:
            barrier.wait(10)
            return [other.complete(task_id, taken.token) for task_id in reversed(taken.ids)]

    said, completed = at_once([cancel_each, complete_each])
    assert all(completed)
    assert [shop.status(task_id) == "CANCELLED" for task_id in taken.ids] == said
