"""Sending, as the database keeps it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from attrs import evolve

from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.plans.enqueueing import enqueue, enqueue_many
from tests.support.at_once import at_once
from tests.support.eventually import eventually
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


def test_what_a_send_says_of_its_task_is_kept_with_it_to_the_end(shop: Shop) -> None:
    run_at, good_until = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2131, 1, 1, tzinfo=timezone.utc)
    task = evolve(new_task(), run_at=run_at, good_until=good_until, timeout_ms=1_500)
    many = [evolve(task, id=new_task_id()) for _ in range(2)]
    shop.run(enqueue(task, schema=shop.schema, reply_to=None))
    shop.run(enqueue_many(many, schema=shop.schema, reply_to=None))
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    assert {it.timeout_ms for it in taken.tasks} == {1_500}
    assert worker.complete(task.id, taken.token)
    for task_id in (task.id, *(it.id for it in many)):
        row = shop.row(task_id)
        assert (row["due_at"], row["good_until"], row["timeout_ms"]) == (run_at, good_until, 1_500)


def test_a_send_repeated_after_its_task_was_finished_records_nothing_twice(shop: Shop) -> None:
    task = evolve(new_task(), may_exist=True)
    shop.run(enqueue(task, schema=shop.schema, reply_to=None))
    worker = StandIn.arrive(shop)
    assert worker.complete(*worker.claim_one())
    assert shop.run(enqueue(task, schema=shop.schema, reply_to=None)) == task.id
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]
    assert shop.status(task.id) == "COMPLETED"


def test_a_send_repeated_while_its_task_lives_records_nothing_twice(shop: Shop) -> None:
    task = evolve(new_task(), may_exist=True)
    for again in (task, evolve(task, args='{"other": 1}')):
        assert shop.run(enqueue(again, schema=shop.schema, reply_to=None)) == task.id
    assert shop.query("select args from {schema}.tasks") == [("{}",)]


def test_a_send_that_never_arrived_is_recorded_when_it_is_repeated(shop: Shop) -> None:
    task = evolve(new_task(), may_exist=True)
    shop.run(enqueue(task, schema=shop.schema, reply_to=None))
    assert shop.status(task.id) == "PENDING"


def keyed(key: str, name: str = "greet") -> NewTask:
    return evolve(new_task(name=name), idempotency_key=key)


def sent_ids(shop: Shop) -> set[UUID]:
    return {row[0] for row in shop.query("select id from {schema}.all_tasks")}


def test_a_second_send_with_the_same_key_gives_the_id_of_the_first(shop: Shop) -> None:
    first, second = keyed("order 7"), keyed("order 7")
    assert shop.run(enqueue(first, schema=shop.schema, reply_to=None)) == first.id
    assert shop.run(enqueue(second, schema=shop.schema, reply_to=None)) == first.id
    assert sent_ids(shop) == {first.id}


def test_a_key_holds_after_its_task_was_finished(shop: Shop) -> None:
    first = keyed("order 7")
    shop.run(enqueue(first, schema=shop.schema, reply_to=None))
    worker = StandIn.arrive(shop)
    assert worker.complete(*worker.claim_one())
    assert shop.run(enqueue(keyed("order 7"), schema=shop.schema, reply_to=None)) == first.id
    assert sent_ids(shop) == {first.id}


def test_the_same_key_under_another_task_name_is_another_task(shop: Shop) -> None:
    one, other = keyed("order 7"), keyed("order 7", name="add")
    for task in (one, other):
        assert shop.run(enqueue(task, schema=shop.schema, reply_to=None)) == task.id
    assert sent_ids(shop) == {one.id, other.id}


def test_a_key_of_a_send_that_was_rolled_back_is_free(shop: Shop) -> None:
    shop.connection.execute("begin")
    shop.run(enqueue(keyed("order 7"), schema=shop.schema, reply_to=None))
    shop.connection.execute("rollback")
    second = keyed("order 7")
    assert shop.run(enqueue(second, schema=shop.schema, reply_to=None)) == second.id


def test_of_sends_with_one_key_at_the_same_moment_one_records_its_task_and_all_return_it(shop: Shop) -> None:
    barrier = Barrier(4)

    def send() -> list[UUID]:
        with StandIn(shop).elsewhere() as other:
            answers: list[UUID] = []
            for number in range(20):
                barrier.wait(10)
                answers.append(other.shop.run(enqueue(keyed(f"order {number}"), schema=shop.schema, reply_to=None)))
            return answers

    answers = at_once([send] * 4)
    assert all(each == answers[0] for each in answers)
    assert sent_ids(shop) == set(answers[0])


def test_a_send_waits_for_another_that_holds_its_key_and_returns_its_task(shop: Shop) -> None:
    first, second = keyed("order 7"), keyed("order 7")
    with StandIn(shop).elsewhere() as other, ThreadPoolExecutor(1) as thread:
        with shop.connection.transaction():
            shop.run(enqueue(first, schema=shop.schema, reply_to=None))
            pid = other.shop.connection.info.backend_pid
            answer = thread.submit(other.shop.run, enqueue(second, schema=shop.schema, reply_to=None))
            eventually(lambda: shop.query("select cardinality(pg_blocking_pids(%s)) > 0", pid) == [(True,)])
        # Its statement began before the other's commit, and could not see the row it had waited for.
        assert answer.result(10) == first.id
    assert sent_ids(shop) == {first.id}


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
