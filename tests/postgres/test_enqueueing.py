"""Sending, as the database keeps it."""

from __future__ import annotations

import psycopg
import pytest
from attrs import evolve

from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.plans.enqueueing import enqueue, enqueue_many
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def new_task(args: str = "{}", name: str = "greet", queue: str = "default") -> NewTask:
    return NewTask(new_task_id(), name, queue, 100, args)


def test_a_sent_task_waits_with_everything_it_was_sent_with(shop: Shop) -> None:
    task = NewTask(new_task_id(), "greet", "mail", 7, '{"name": "Ann"}', retry_policy='{"max_retries": 1}')
    shop.run(enqueue(task, schema=shop.schema, reply_to="horsies_reply_1"))
    row = shop.row(task.id)
    assert (row["status"], row["name"], row["queue"], row["priority"]) == ("PENDING", "greet", "mail", 7)
    assert (row["args"], row["retry_policy"], row["attempt"]) == (task.args, task.retry_policy, 0)
    assert row["due_at"] == row["enqueued_at"]
    assert shop.query("select reply_to from {schema}.tasks") == [(["horsies_reply_1"],)]


def test_a_send_repeated_after_a_lost_reply_records_nothing_twice(shop: Shop) -> None:
    task = new_task()
    for again in (task, evolve(task, args='{"other": 1}')):
        shop.run(enqueue(again, schema=shop.schema, reply_to=None))
    assert shop.query("select args from {schema}.tasks") == [("{}",)]


def test_many_sent_again_record_only_those_that_were_missing(shop: Shop) -> None:
    first, second = new_task("1"), new_task("2")
    shop.run(enqueue(first, schema=shop.schema, reply_to=None))
    shop.run(enqueue_many([first, second], schema=shop.schema, reply_to=None))
    assert shop.query("select args from {schema}.tasks order by seq") == [("1",), ("2",)]


def test_a_delay_is_counted_by_the_databases_clock(shop: Shop) -> None:
    task = shop.enqueue(delay_seconds=90.5)
    row = shop.row(task.id)
    assert (row["due_at"] - row["enqueued_at"]).total_seconds() == 90.5


def test_many_tasks_keep_the_order_they_were_sent_in(shop: Shop) -> None:
    tasks = [new_task(str(number)) for number in range(2_500)]
    shop.run(enqueue_many(tasks, schema=shop.schema, reply_to=None))
    in_order = shop.query("select args from {schema}.tasks order by seq")
    assert [int(args) for (args,) in in_order] == list(range(2_500))


def test_of_many_tasks_all_are_recorded_or_none(shop: Shop) -> None:
    # The bad one is in the second of two parcels.
    tasks = [*[new_task() for _ in range(1_100)], evolve(new_task(), priority=100_000)]
    with pytest.raises(psycopg.errors.DataError):
        shop.run(enqueue_many(tasks, schema=shop.schema, reply_to=None))
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]


@pytest.mark.parametrize(
    "text", ["", "'; drop table tasks; --", "100 % sure: %s %(id)s {schema}", '💎 Ж \\ " $1', "x" * 300]
)
def test_names_queues_and_payloads_are_data_whatever_they_hold(shop: Shop, text: str) -> None:
    one, two = new_task(text, name=text, queue=text), new_task(text, name=text, queue=text)
    shop.run(enqueue(one, schema=shop.schema, reply_to=None))
    shop.run(enqueue_many([two], schema=shop.schema, reply_to=None))
    taken = StandIn.arrive(shop).claim(names=[text], queues=[text])
    assert [(task.id, task.name, task.args) for task in taken.tasks] == [(one.id, text, text), (two.id, text, text)]


def test_a_payload_of_megabytes_comes_back_as_it_was_sent(shop: Shop) -> None:
    payload = "ä" * 4_000_000
    shop.enqueue(args=payload)
    (task,) = StandIn.arrive(shop).claim().tasks
    assert task.args == payload
