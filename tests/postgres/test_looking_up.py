"""Where tasks stand: live or finished, seen in one place."""

from __future__ import annotations

from horsies_core.identifiers import new_task_id
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.looking_up import Sighting, look_up, look_up_and_await
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def test_a_look_tells_live_ended_and_unknown_apart(shop: Shop) -> None:
    for _ in range(3):
        shop.enqueue()
    worker = StandIn.arrive(shop)
    taken = worker.claim(2)
    done, running = taken.ids
    assert worker.complete(done, taken.token, '{"ok": 7}')
    ((waiting,),) = shop.query("select id from {schema}.tasks where status = 'PENDING'")
    assert shop.run(look_up([done, running, waiting, new_task_id()])) == {
        done: Sighting(TaskStatus.COMPLETED, '{"ok": 7}'),
        running: Sighting(TaskStatus.RUNNING, None),
        waiting: Sighting(TaskStatus.PENDING, None),
    }


def test_a_look_at_nothing_sees_nothing(shop: Shop) -> None:
    assert shop.run(look_up([])) == {}


def reply_to(shop: Shop) -> list[list[str] | None]:
    return [row[0] for row in shop.query("select reply_to from {schema}.tasks order by seq")]


def test_whoever_asks_to_be_told_is_noted_on_the_task_once(shop: Shop) -> None:
    task = shop.enqueue()
    for channel in ("horsies_reply_a", "horsies_reply_b", "horsies_reply_a"):
        assert (
            shop.run(look_up_and_await([task.id], channel=channel, schema=shop.schema))[task.id].status
            is TaskStatus.PENDING
        )
    assert reply_to(shop) == [["horsies_reply_a", "horsies_reply_b"]]


def test_asking_about_one_task_leaves_the_others_alone(shop: Shop) -> None:
    first, _ = shop.enqueue(), shop.enqueue()
    shop.run(look_up_and_await([first.id], channel="horsies_reply_a", schema=shop.schema))
    assert reply_to(shop) == [["horsies_reply_a"], None]


def test_whoever_asks_after_the_end_sees_the_result_at_once(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.complete(task_id, token, '{"ok": 7}')
    sightings = shop.run(look_up_and_await([task_id], channel="horsies_reply_a", schema=shop.schema))
    assert sightings == {task_id: Sighting(TaskStatus.COMPLETED, '{"ok": 7}')}


def test_the_request_survives_a_retry_and_a_release(shop: Shop) -> None:
    task = shop.enqueue()
    shop.run(look_up_and_await([task.id], channel="horsies_reply_a", schema=shop.schema))
    worker = StandIn.arrive(shop)
    assert worker.retry(*worker.claim_one())
    assert worker.release(*worker.claim_one())
    assert reply_to(shop) == [["horsies_reply_a"]]


def test_one_view_shows_live_and_finished_tasks(shop: Shop) -> None:
    live = shop.enqueue()
    ended = shop.enqueue(priority=1)
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert task_id == ended.id
    assert worker.complete(task_id, token)
    shown = dict(shop.query("select id, status from {schema}.all_tasks"))
    assert shown == {live.id: "PENDING", ended.id: "COMPLETED"}
