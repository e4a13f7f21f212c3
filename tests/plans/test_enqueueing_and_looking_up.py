"""Sending and looking, with the database played by hand."""

from __future__ import annotations

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
        look_up_and_await([task_id], channel="horsies_reply_1"),
        lambda query: [(task_id, "COMPLETED", "{}")] if query.statement == "task/look_up" else [],
    )
    assert played.statements == ["task/await_results", "task/look_up"]
    assert played.returned == {task_id: Sighting(TaskStatus.COMPLETED, "{}")}
