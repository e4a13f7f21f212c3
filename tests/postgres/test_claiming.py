"""Claiming: which tasks, in which order, and never one twice."""

from __future__ import annotations

from threading import Barrier
from uuid import UUID

from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.plans.enqueueing import enqueue_many
from horsies_core.plans.leasing import give_up_lost
from tests.support.at_once import at_once
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def test_a_claimed_task_is_running_under_a_token_and_an_incarnation(shop: Shop) -> None:
    task = shop.enqueue(args='{"name": "Ann"}', retry_policy="{}")
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    (claimed,) = taken.tasks
    assert (claimed.id, claimed.name, claimed.args, claimed.queue) == (task.id, "greet", task.args, "default")
    assert (claimed.attempt, claimed.retry_policy) == (1, "{}")
    row = shop.row(task.id)
    assert (row["status"], row["attempt"]) == ("RUNNING", 1)
    assert (row["claim_token"], row["incarnation"]) == (taken.token, worker.incarnation)
    assert row["started_at"] is not None


def test_a_claim_takes_no_more_than_it_has_room_for(shop: Shop) -> None:
    for _ in range(5):
        shop.enqueue()
    worker = StandIn.arrive(shop)
    assert [len(worker.claim(limit).tasks) for limit in (2, 2, 2)] == [2, 2, 1]


def test_the_lower_priority_number_goes_first(shop: Shop) -> None:
    ids = {priority: shop.enqueue(priority=priority).id for priority in (50, 1, 100, 2)}
    assert StandIn.arrive(shop).claim().ids == [ids[1], ids[2], ids[50], ids[100]]


def test_within_a_priority_the_due_time_decides(shop: Shop) -> None:
    ids = [shop.enqueue().id for _ in range(3)]
    shop.query("update {schema}.tasks set due_at = due_at - interval '1 hour' where id = %s", ids[2])
    assert StandIn.arrive(shop).claim().ids == [ids[2], ids[0], ids[1]]


def test_within_a_due_time_the_sending_order_decides(shop: Shop) -> None:
    tasks = [NewTask(new_task_id(), "greet", "default", 100, "{}") for _ in range(200)]
    shop.run(enqueue_many(tasks, schema=shop.schema, reply_to=None))
    worker = StandIn.arrive(shop)
    in_order = [task_id for _ in range(4) for task_id in worker.claim(50).ids]
    assert in_order == [task.id for task in tasks]


def test_queues_are_served_in_the_order_asked_for(shop: Shop) -> None:
    ids = {queue: shop.enqueue(queue=queue, priority=priority).id for queue, priority in [("slow", 1), ("quick", 9)]}
    worker = StandIn.arrive(shop)
    assert worker.claim(1, queues=["quick", "slow"]).ids == [ids["quick"]]
    assert worker.claim(1, queues=["quick", "slow"]).ids == [ids["slow"]]


def test_a_queue_that_was_not_asked_for_is_left_alone(shop: Shop) -> None:
    shop.enqueue(queue="other")
    assert StandIn.arrive(shop).claim().ids == []


def test_a_name_the_worker_does_not_know_is_left_for_one_that_does(shop: Shop) -> None:
    unknown, known = shop.enqueue("of_a_newer_deploy"), shop.enqueue("greet")
    assert StandIn.arrive(shop).claim(names=["greet", "add"]).ids == [known.id]
    assert shop.status(unknown.id) == "PENDING"
    assert StandIn.arrive(shop).claim(names=["of_a_newer_deploy"]).ids == [unknown.id]


def test_a_claim_passes_over_what_another_is_just_claiming(shop: Shop) -> None:
    ids = [shop.enqueue().id for _ in range(3)]
    worker = StandIn.arrive(shop)
    with worker.elsewhere() as other, shop.connection.transaction():
        assert worker.claim(1).ids == ids[:1]
        # Not committed yet; the lock would be waited for, and that is an error here.
        assert other.claim().ids == ids[1:]


def test_a_claim_that_is_undone_gives_its_tasks_back_at_once(shop: Shop) -> None:
    task = shop.enqueue()
    worker = StandIn.arrive(shop)
    shop.connection.execute("begin")
    assert worker.claim().ids == [task.id]
    shop.connection.execute("rollback")
    assert worker.claim().ids == [task.id]


def test_workers_that_claim_at_once_never_get_the_same_task(shop: Shop) -> None:
    ids = {shop.enqueue().id for _ in range(120)}
    barrier = Barrier(4)

    def claim_until_empty() -> list[UUID]:
        taken: list[UUID] = []
        with StandIn.arrive(shop).elsewhere() as worker:
            barrier.wait(10)
            while got := worker.claim(7).ids:
                taken += got
        return taken

    taken = [task_id for each in at_once([claim_until_empty] * 4) for task_id in each]
    assert len(taken) == len(set(taken))
    # A claim that met only locked rows may have come back empty-handed before the others were done.
    assert set(taken) | set(StandIn.arrive(shop).claim(200).ids) == ids


def test_a_task_for_later_is_not_claimed_and_its_due_time_is_told(shop: Shop) -> None:
    shop.enqueue(delay_seconds=3_600)
    shop.enqueue(delay_seconds=60)
    taken = StandIn.arrive(shop).claim()
    assert taken.ids == []
    assert taken.next_due_seconds is not None
    assert 50 < taken.next_due_seconds <= 60


def test_a_task_for_later_is_claimed_when_its_time_has_come(shop: Shop) -> None:
    task = shop.enqueue(delay_seconds=60)
    shop.query("update {schema}.tasks set due_at = clock_timestamp()")
    assert StandIn.arrive(shop).claim().ids == [task.id]


def test_nothing_for_later_means_no_due_time(shop: Shop) -> None:
    assert StandIn.arrive(shop).claim().next_due_seconds is None


def test_a_retry_that_waits_is_told_like_any_task_for_later(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    assert worker.retry(*worker.claim_one(), delay=30)
    taken = worker.claim()
    assert taken.ids == []
    assert taken.next_due_seconds is not None
    assert 20 < taken.next_due_seconds <= 30


def test_a_worker_that_was_given_up_for_lost_claims_nothing(shop: Shop) -> None:
    task = shop.enqueue()
    paused = StandIn.arrive(shop, lease_seconds=-1)
    shop.run(give_up_lost())
    assert paused.claim().ids == []
    assert shop.status(task.id) == "PENDING"


def test_a_worker_that_never_registered_claims_nothing(shop: Shop) -> None:
    shop.enqueue()
    assert StandIn(shop).claim().ids == []
