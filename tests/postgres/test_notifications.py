"""Who is told what: workers of new work if there are any, processes of the results they await, and nobody else."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from horsies_core.channels import work_channel
from horsies_core.endings import Endings, Release, Settlement
from horsies_core.identifiers import new_task_id, new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.new_task import NewTask
from horsies_core.plans.enqueueing import enqueue, enqueue_many
from horsies_core.plans.looking_up import look_up_and_await
from tests.support.radio import Radio
from tests.support.shop import Shop
from tests.support.stand_in import StandIn, Taken


@pytest.fixture
def work(shop: Shop) -> Generator[Radio]:
    with Radio.tuned_to(shop, work_channel(shop.schema)) as radio:
        yield radio


@pytest.fixture
def mine(shop: Shop) -> Generator[Radio]:
    with Radio.tuned_to(shop, f"horsies_reply_{shop.schema}") as radio:
        yield radio


def new_tasks(count: int, *, delay_seconds: float = 0.0) -> list[NewTask]:
    return [NewTask(new_task_id(), "greet", "default", 100, "{}", delay_seconds) for _ in range(count)]


def settle(worker: StandIn, taken: Taken) -> None:
    settlements = [Settlement(it, taken.token, TaskStatus.COMPLETED, None, "{}") for it in taken.ids]
    assert worker.end(Endings(settlements)) == set(taken.ids)


def test_a_sent_task_wakes_the_workers(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop)
    shop.enqueue()
    assert work.heard() == [""]


def test_without_a_living_worker_nobody_is_woken(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop, lease_seconds=-1)
    shop.enqueue()
    shop.run(enqueue_many(new_tasks(2), schema=shop.schema, reply_to=None))
    assert work.heard() == []


def test_many_tasks_of_one_statement_wake_the_workers_once(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop)
    shop.run(enqueue_many(new_tasks(500), schema=shop.schema, reply_to=None))
    assert work.heard() == [""]


def test_a_task_for_later_is_announced_as_such(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop)
    shop.enqueue(delay_seconds=60)
    shop.run(enqueue_many(new_tasks(2, delay_seconds=60), schema=shop.schema, reply_to=None))
    assert work.heard() == ["later", "later"]


def test_a_repeated_send_wakes_nobody(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop)
    (task,) = new_tasks(1)
    for _ in range(2):
        shop.run(enqueue(task, schema=shop.schema, reply_to=None))
    shop.run(enqueue_many([task], schema=shop.schema, reply_to=None))
    assert work.heard() == [""]


def test_a_released_task_wakes_the_workers_once_however_many_there_are(shop: Shop, work: Radio) -> None:
    shop.run(enqueue_many(new_tasks(5), schema=shop.schema, reply_to=None))
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    worker.end(Endings(releases=[Release(it, taken.token) for it in taken.ids]))
    assert work.heard() == [""]


def test_a_release_that_had_lost_its_claim_wakes_nobody(shop: Shop, work: Radio) -> None:
    assert not StandIn.arrive(shop).release(new_task_id(), new_token())
    assert work.heard() == []


def test_a_task_is_heard_of_only_when_its_transaction_commits(shop: Shop, work: Radio) -> None:
    StandIn.arrive(shop)
    shop.connection.execute("begin")
    shop.enqueue()
    shop.connection.execute("rollback")
    assert work.heard() == []
    with shop.connection.transaction():
        shop.enqueue()
    assert work.heard() == [""]


def test_workers_of_one_schema_hear_nothing_of_another(shop: Shop) -> None:
    StandIn.arrive(shop)
    with Radio.tuned_to(shop, work_channel("another")) as radio:
        shop.enqueue()
        assert radio.heard() == []


def test_the_end_of_a_task_is_told_to_the_process_that_sent_it(shop: Shop, mine: Radio) -> None:
    (task,) = new_tasks(1)
    shop.run(enqueue(task, schema=shop.schema, reply_to=mine.channel))
    worker = StandIn.arrive(shop)
    settle(worker, worker.claim())
    assert mine.heard() == [str(task.id)]


def test_the_end_of_a_task_is_told_to_everyone_who_asked_and_to_nobody_twice(shop: Shop, mine: Radio) -> None:
    task = shop.enqueue()
    with Radio.tuned_to(shop, f"{mine.channel}_2") as other:
        for channel in (mine.channel, other.channel, mine.channel):
            shop.run(look_up_and_await([task.id], channel=channel, schema=shop.schema))
        worker = StandIn.arrive(shop)
        settle(worker, worker.claim())
        assert mine.heard() == other.heard() == [str(task.id)]


def test_a_task_that_nobody_awaits_is_settled_in_silence(shop: Shop, mine: Radio, work: Radio) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    settle(worker, worker.claim())
    assert mine.heard() == work.heard() == []


def test_a_retry_is_no_end_and_is_told_to_nobody(shop: Shop, mine: Radio) -> None:
    task = shop.enqueue()
    shop.run(look_up_and_await([task.id], channel=mine.channel, schema=shop.schema))
    worker = StandIn.arrive(shop)
    assert worker.retry(*worker.claim_one())
    assert mine.heard() == []


def test_many_ends_are_told_in_parcels_that_a_payload_can_hold(shop: Shop, mine: Radio) -> None:
    tasks = new_tasks(450)
    shop.run(enqueue_many(tasks, schema=shop.schema, reply_to=mine.channel))
    worker = StandIn.arrive(shop)
    settle(worker, worker.claim(1_000))
    payloads = [payload.split(",") for payload in mine.heard()]
    assert sorted(map(len, payloads)) == [50, 200, 200]
    assert sorted(it for payload in payloads for it in payload) == sorted(str(task.id) for task in tasks)


def test_whoever_asks_about_a_task_that_waits_hints_at_it_because_a_claim_may_have_passed_over_it(
    shop: Shop, work: Radio
) -> None:
    StandIn.arrive(shop, lease_seconds=-1)
    due, later = shop.enqueue(), shop.enqueue(delay_seconds=60)
    worker = StandIn.arrive(shop)
    shop.run(look_up_and_await([later.id], channel="horsies_reply_1", schema=shop.schema))
    assert work.heard() == []
    shop.run(look_up_and_await([due.id, later.id], channel="horsies_reply_2", schema=shop.schema))
    assert work.heard() == [""]
    worker.claim_one()
    shop.run(look_up_and_await([due.id], channel="horsies_reply_3", schema=shop.schema))
    assert work.heard() == []
