"""Workers that live, leave, or are lost; and what becomes of their tasks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from threading import Barrier
from uuid import UUID

import pytest

from horsies import RetryPolicy
from horsies_core.plans.leasing import LostWorker, forget_lost, give_up_lost, leave, renew
from horsies_core.plans.rescuing import Rescued, rescue
from horsies_core.verdict import Outcome
from tests.support.at_once import at_once
from tests.support.shop import Shop
from tests.support.stand_in import StandIn

CRASHED = Outcome('{"err": "lost"}', "WORKER_CRASHED", "the worker was lost")
RETRIED_ON_CRASH = RetryPolicy.fixed([0], auto_retry_for=["WORKER_CRASHED"], jitter=False).to_json()
RETRIED_ON_TIMEOUT = RetryPolicy.fixed([0], auto_retry_for=["TIMEOUT"], jitter=False).to_json()


def lose(worker: StandIn) -> None:
    """Let its lease run out, and be noticed."""
    worker.shop.query(
        "update {schema}.workers set lease_until = clock_timestamp() - interval '1 s' where incarnation = %s",
        worker.incarnation,
    )
    worker.shop.run(give_up_lost())


def rescued(shop: Shop) -> Rescued:
    return shop.run(rescue(CRASHED, schema=shop.schema, rng=random.Random(1)))


def seconds_left(worker: StandIn) -> float:
    ((left,),) = worker.shop.query(
        "select lease_until - clock_timestamp() from {schema}.workers where incarnation = %s", worker.incarnation
    )
    return left.total_seconds()


def test_a_renewal_extends_the_lease_from_now(shop: Shop) -> None:
    worker = StandIn.arrive(shop, lease_seconds=5)
    assert shop.run(renew(worker.incarnation, lease_seconds=100)).is_won
    assert 90 < seconds_left(worker) <= 100


def test_the_lease_counts_from_the_statement_and_not_from_the_transactions_begin(shop: Shop) -> None:
    worker = StandIn.arrive(shop)
    with shop.connection.transaction():
        shop.query("select now()")
        shop.run(renew(worker.incarnation, lease_seconds=100))
        ((later_than_now,),) = shop.query("select lease_until > now() + interval '100 s' from {schema}.workers")
    assert later_than_now


def test_a_worker_whose_lease_holds_is_not_given_up(shop: Shop) -> None:
    StandIn.arrive(shop)
    assert shop.run(give_up_lost()) == []


def test_a_worker_whose_lease_ran_out_is_given_up_and_cannot_renew(shop: Shop) -> None:
    worker = StandIn.arrive(shop, lease_seconds=-1)
    assert shop.run(give_up_lost()) == [LostWorker(worker.incarnation, "testhost", 1, just_now=True)]
    assert not shop.run(renew(worker.incarnation, lease_seconds=100)).is_won


def test_a_lease_that_ran_out_unnoticed_can_still_be_renewed(shop: Shop) -> None:
    worker = StandIn.arrive(shop, lease_seconds=-1)
    assert shop.run(renew(worker.incarnation, lease_seconds=100)).is_won
    assert shop.run(give_up_lost()) == []


def test_a_lost_worker_is_reported_again_for_as_long_as_it_holds_tasks(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    worker.claim_one()
    lose(worker)
    (again,) = shop.run(give_up_lost())
    assert (again.incarnation, again.just_now) == (worker.incarnation, False)
    rescued(shop)
    assert shop.run(give_up_lost()) == []


def test_of_two_that_look_at_once_each_lost_worker_is_found_by_one(shop: Shop) -> None:
    lost = {StandIn.arrive(shop, lease_seconds=-1).incarnation for _ in range(20)}
    barrier = Barrier(2)

    def look() -> Sequence[LostWorker]:
        with StandIn(shop).elsewhere() as other:
            barrier.wait(10)
            return other.shop.run(give_up_lost())

    found = [worker.incarnation for each in at_once([look, look]) for worker in each]
    # Rows that one of them had locked were passed over by the other.
    found += [worker.incarnation for worker in shop.run(give_up_lost())]
    assert sorted(found) == sorted(lost)


def test_a_task_of_a_lost_worker_fails_as_crashed(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    lose(worker)
    assert rescued(shop) == Rescued(failed=[task_id], retried=[], cancelled=[])
    row = shop.row(task_id)
    assert (row["status"], row["error_code"], row["result"]) == ("FAILED", "WORKER_CRASHED", CRASHED.result)
    assert row["claim_token"] == token


def test_a_task_whose_policy_names_the_crash_is_tried_again(shop: Shop) -> None:
    shop.enqueue(retry_policy=RETRIED_ON_CRASH)
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    lose(worker)
    assert rescued(shop) == Rescued(failed=[], retried=[task_id], cancelled=[])
    (again,) = StandIn.arrive(shop).claim().tasks
    assert (again.id, again.attempt) == (task_id, 2)
    assert shop.query("select error_code, message from {schema}.attempts") == [(CRASHED.error_code, CRASHED.message)]


def test_a_task_whose_policy_is_about_something_else_fails(shop: Shop) -> None:
    shop.enqueue(retry_policy=RETRIED_ON_TIMEOUT)
    worker = StandIn.arrive(shop)
    worker.claim_one()
    lose(worker)
    assert len(rescued(shop).failed) == 1


@pytest.mark.parametrize("corrupted", ["", "no json", "[]", '{"auto_retry_for": 1}', '{"unknown": "field"}'])
def test_a_policy_that_cannot_be_read_fails_its_task_and_no_other(shop: Shop, corrupted: str) -> None:
    bad = shop.enqueue(retry_policy=corrupted)
    good = shop.enqueue(retry_policy=RETRIED_ON_CRASH)
    worker = StandIn.arrive(shop)
    worker.claim()
    lose(worker)
    assert rescued(shop) == Rescued(failed=[bad.id], retried=[good.id], cancelled=[])


def test_what_a_living_worker_holds_is_not_rescued(shop: Shop) -> None:
    shop.enqueue()
    StandIn.arrive(shop).claim_one()
    assert rescued(shop) == Rescued(failed=[], retried=[], cancelled=[])


def test_two_rescuers_at_once_rescue_each_task_once(shop: Shop) -> None:
    sent = {shop.enqueue().id for _ in range(60)}
    worker = StandIn.arrive(shop)
    worker.claim()
    lose(worker)
    barrier = Barrier(2)

    def rescue_now() -> Sequence[UUID]:
        with StandIn(shop).elsewhere() as other:
            barrier.wait(10)
            return rescued(other.shop).failed

    both = [task_id for each in at_once([rescue_now, rescue_now]) for task_id in each]
    assert len(both) == len(set(both))
    assert set(both) | set(rescued(shop).failed) == sent


def test_a_rescue_that_was_cut_short_is_taken_up_again(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    lose(worker)
    shop.connection.execute("begin")
    assert rescued(shop).failed == [task_id]
    shop.connection.execute("rollback")
    assert rescued(shop).failed == [task_id]


def test_a_worker_that_holds_nothing_leaves(shop: Shop) -> None:
    worker = StandIn.arrive(shop)
    assert shop.run(leave(worker.incarnation))
    assert shop.query("select count(*) from {schema}.workers") == [(0,)]


def test_a_worker_that_still_holds_tasks_does_not_leave_and_is_rescued_later(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    assert not shop.run(leave(worker.incarnation))
    lose(worker)
    assert rescued(shop).failed == [task_id]


def test_only_workers_lost_long_ago_that_hold_nothing_are_forgotten(shop: Shop) -> None:
    shop.enqueue()
    holding, lately, long_ago, alive = (StandIn.arrive(shop) for _ in range(4))
    holding.claim_one()
    for worker in (holding, lately, long_ago):
        lose(worker)
    shop.query(
        "update {schema}.workers set lost_at = lost_at - interval '2 days' where incarnation = any (%s)",
        [holding.incarnation, long_ago.incarnation],
    )
    shop.run(forget_lost())
    left = {row[0] for row in shop.query("select incarnation from {schema}.workers")}
    assert left == {holding.incarnation, lately.incarnation, alive.incarnation}
