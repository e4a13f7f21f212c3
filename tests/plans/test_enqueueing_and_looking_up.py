"""Sending and looking, with the database played by hand."""

from __future__ import annotations

from datetime import datetime, timezone

from attrs import evolve

from horsies_core.channels import work_channel
from horsies_core.identifiers import new_task_id
from horsies_core.lifecycle import TaskStatus
from horsies_core.new_task import NewTask
from horsies_core.plans import Pipeline, Rows
from horsies_core.plans.enqueueing import ROWS_PER_STATEMENT, enqueue, enqueue_many
from horsies_core.plans.looking_up import Sighting, look_up, look_up_and_await
from tests.support.by_hand import always, play


def new_task(args: str = "{}") -> NewTask:
    return NewTask(new_task_id(), "greet", "default", 100, args)


def test_one_task_is_one_statement_that_wakes_the_workers_of_its_schema() -> None:
    (query,) = play(enqueue(new_task(), schema="stable", reply_to=None), always([])).queries
    assert query.statement == "task/insert"
    assert query.params["channel"] == work_channel("stable")


def test_a_process_that_does_not_listen_asks_for_no_reply() -> None:
    (query,) = play(enqueue(new_task(), schema="stable", reply_to=None), always([])).queries
    assert query.params["reply_to"] is None


def test_a_process_that_listens_stamps_its_channel_on_what_it_sends() -> None:
    for plan in (
        enqueue(new_task(), schema="stable", reply_to="horsies_reply_1"),
        enqueue_many([new_task()], schema="stable", reply_to="horsies_reply_1"),
    ):
        (query,) = play(plan, always([])).queries
        assert query.params["reply_to"] == ["horsies_reply_1"]


def test_a_task_that_may_exist_is_looked_for_in_history_as_well() -> None:
    task = evolve(new_task(), may_exist=True)
    assert play(enqueue(task, schema="stable", reply_to=None), always([])).statements == ["task/insert_again"]


def test_a_send_under_a_key_returns_whatever_task_has_the_key() -> None:
    task, earlier = evolve(new_task(), idempotency_key="order 7"), new_task_id()
    played = play(enqueue(task, schema="stable", reply_to=None), always([(earlier, 0)]))
    assert played.statements == ["task/insert_once"]
    assert played.queries[0].params["key"] == "order 7"
    assert played.returned == earlier


def test_a_send_that_cannot_see_who_took_its_key_looks_once_more() -> None:
    task, earlier = evolve(new_task(), idempotency_key="order 7"), new_task_id()
    played = play(
        enqueue(task, schema="stable", reply_to=None),
        lambda query: [(None, 0)] if query.statement == "task/insert_once" else [(earlier,)],
    )
    assert played.statements == ["task/insert_once", "task/sent_under_key"]
    assert played.returned == earlier


def test_neighbours_of_other_kinds_go_in_other_parcels_of_the_same_pipeline_in_their_order() -> None:
    plain, timed = new_task("1"), evolve(new_task("2"), timeout_ms=5)
    moments = [datetime(2031, 1, 1, tzinfo=timezone.utc), None]
    kinds = [
        plain,
        timed,
        evolve(new_task("3"), name="add"),
        *[evolve(new_task("4"), run_at=moment) for moment in moments],
        evolve(new_task("5"), good_until=moments[0]),
        evolve(new_task("6"), priority=1),
        evolve(new_task("7"), queue="mail"),
        evolve(new_task("8"), delay_seconds=2),
        evolve(new_task("9"), retry_policy="{}"),
    ]
    played = play(enqueue_many(kinds, schema="stable", reply_to=None), always([]))
    assert [type(step) for step in played.steps] == [Pipeline]
    assert [query.params["args"] for query in played.queries] == [[task.args] for task in kinds]
    for query, task in zip(played.queries, kinds, strict=True):
        told = (query.params["name"], query.params["queue"], query.params["priority"], query.params["delay"])
        assert told == (task.name, task.queue, task.priority, task.delay_seconds)
        assert (query.params["run_at"], query.params["good_until"]) == (task.run_at, task.good_until)
        assert (query.params["timeout_ms"], query.params["retry_policy"]) == (task.timeout_ms, task.retry_policy)


def test_many_tasks_go_in_parcels_of_one_pipeline_in_their_order() -> None:
    tasks = [new_task(str(number)) for number in range(2 * ROWS_PER_STATEMENT + 1)]
    played = play(enqueue_many(tasks, schema="stable", reply_to=None), always([]))
    assert [type(step) for step in played.steps] == [Pipeline]
    assert [len(query.params["ids"]) for query in played.queries] == [ROWS_PER_STATEMENT, ROWS_PER_STATEMENT, 1]
    assert [text for query in played.queries for text in query.params["args"]] == [task.args for task in tasks]


def test_no_tasks_are_no_statement() -> None:
    assert play(enqueue_many([], schema="stable", reply_to=None), always([])).steps == []


def test_a_look_says_where_each_known_task_stands() -> None:
    live, done, unknown = new_task_id(), new_task_id(), new_task_id()
    rows: Rows = [(live, "RUNNING", None), (done, "FAILED", "{}")]
    assert play(look_up([live, done, unknown]), always(rows)).returned == {
        live: Sighting(TaskStatus.RUNNING, None),
        done: Sighting(TaskStatus.FAILED, "{}"),
    }


def test_a_request_to_be_told_stands_before_the_look_or_an_end_in_between_is_missed() -> None:
    task_id = new_task_id()
    played = play(
        look_up_and_await([task_id], channel="horsies_reply_1", schema="stable"),
        lambda query: [(task_id, "COMPLETED", "{}")] if query.statement == "task/look_up" else [],
    )
    assert played.statements == ["task/await_results", "task/look_up"]
    assert played.returned == {task_id: Sighting(TaskStatus.COMPLETED, "{}")}
