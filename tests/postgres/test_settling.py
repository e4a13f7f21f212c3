"""Settling, retrying and releasing: fenced by the token of the claim, and final."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from horsies_core.endings import Endings, Retry, Settlement
from horsies_core.identifiers import new_task_id, new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.leasing import give_up_lost
from horsies_core.plans.rescuing import rescue
from horsies_core.plans.turning import Claim, held, settled_by, turn
from horsies_core.verdict import Outcome
from tests.support.shop import Shop
from tests.support.stand_in import StandIn

CRASHED = Outcome('{"err": "lost"}', "WORKER_CRASHED", "lost")

End = Callable[[StandIn, UUID, UUID], bool]
EVERY_END = pytest.mark.parametrize("end", [StandIn.complete, StandIn.fail, StandIn.retry, StandIn.release])


def test_a_settled_task_moves_to_history_with_result_and_token(shop: Shop) -> None:
    sent = shop.enqueue(args='{"name": "Ann"}', priority=3)
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.complete(task_id, token, '{"ok": "hello Ann"}')
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]
    row = shop.row(sent.id)
    assert (row["status"], row["result"], row["error_code"]) == ("COMPLETED", '{"ok": "hello Ann"}', None)
    assert (row["claim_token"], row["incarnation"]) == (token, worker.incarnation)
    assert (row["args"], row["priority"], row["attempt"]) == (sent.args, 3, 1)
    assert row["enqueued_at"] <= row["started_at"] <= row["finished_at"]


def test_a_failed_task_keeps_its_code(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.fail(task_id, token, "RATE_LIMITED", '{"err": {}}')
    row = shop.row(task_id)
    assert (row["status"], row["error_code"], row["result"]) == ("FAILED", "RATE_LIMITED", '{"err": {}}')


@EVERY_END
def test_whoever_shows_another_token_changes_nothing(shop: Shop, end: End) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    before = shop.row(task_id)
    assert not end(worker, task_id, new_token())
    assert shop.row(task_id) == before


@EVERY_END
def test_after_the_end_of_a_task_nothing_changes_it_not_even_its_own_token(shop: Shop, end: End) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.complete(task_id, token)
    before = shop.row(task_id)
    assert not end(worker, task_id, token)
    assert shop.row(task_id) == before


@EVERY_END
@pytest.mark.parametrize("given_away_by", [StandIn.retry, StandIn.release])
def test_a_claim_that_was_given_back_cannot_be_used_again(shop: Shop, given_away_by: End, end: End) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert given_away_by(worker, task_id, token)
    assert not end(worker, task_id, token)
    assert shop.status(task_id) == "PENDING"


@EVERY_END
def test_a_late_owner_cannot_change_a_task_that_another_worker_took_over(shop: Shop, end: End) -> None:
    shop.enqueue()
    late, successor = StandIn.arrive(shop), StandIn.arrive(shop)
    task_id, old_token = late.claim_one()
    assert late.release(task_id, old_token)
    _, new = successor.claim_one()
    before = shop.row(task_id)
    assert not end(late, task_id, old_token)
    assert shop.row(task_id) == before
    assert successor.complete(task_id, new)


@EVERY_END
def test_a_late_owner_cannot_settle_a_task_that_was_rescued(shop: Shop, end: End) -> None:
    shop.enqueue()
    paused = StandIn.arrive(shop, lease_seconds=-1)
    task_id, token = paused.claim_one()
    shop.run(give_up_lost())
    assert shop.run(rescue(CRASHED, schema=shop.schema, rng=random.Random(1))).failed == [task_id]
    assert not end(paused, task_id, token)
    assert shop.row(task_id)["error_code"] == "WORKER_CRASHED"


def test_of_endings_in_one_turn_those_that_lost_their_claim_do_not_hinder_the_others(shop: Shop) -> None:
    for _ in range(3):
        shop.enqueue()
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    first, lost, third = taken.ids
    ended = worker.end(
        Endings(
            [
                Settlement(first, taken.token, TaskStatus.COMPLETED, None, "{}"),
                Settlement(lost, new_token(), TaskStatus.COMPLETED, None, "{}"),
                Settlement(new_task_id(), taken.token, TaskStatus.COMPLETED, None, "{}"),
            ],
            [Retry(third, taken.token, 0, "BAD", None, "{}")],
        )
    )
    assert ended == {first, third}
    assert [shop.status(task_id) for task_id in taken.ids] == ["COMPLETED", "RUNNING", "PENDING"]


def test_a_retried_task_waits_for_its_delay_and_keeps_its_attempts(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.retry(task_id, token, delay=30, code="RATE_LIMITED")
    row = shop.row(task_id)
    assert (row["status"], row["attempt"]) == ("PENDING", 1)
    assert (row["claim_token"], row["incarnation"], row["started_at"]) == (None, None, None)
    (waits,) = shop.query("select due_at - clock_timestamp() from {schema}.tasks")[0]
    assert timedelta(seconds=20) < waits <= timedelta(seconds=30)


def test_the_attempt_that_failed_is_kept_with_worker_times_code_and_message(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.retry(task_id, token, code="RATE_LIMITED")
    rows = shop.query("select * from {schema}.attempts")
    ((kept_id, number, incarnation, started, ended, code, message),) = rows
    assert (kept_id, number, incarnation) == (task_id, 1, worker.incarnation)
    assert (code, message) == ("RATE_LIMITED", "it took too long")
    assert started <= ended


def test_each_failed_attempt_has_its_own_number_and_the_last_is_the_finished_row(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    for _ in range(2):
        assert worker.retry(*worker.claim_one())
    task_id, token = worker.claim_one()
    assert worker.fail(task_id, token)
    assert shop.query("select attempt from {schema}.attempts order by attempt") == [(1,), (2,)]
    assert shop.row(task_id)["attempt"] == 3


def test_a_retry_keeps_its_place_in_the_sending_order(shop: Shop) -> None:
    shop.enqueue()
    before = shop.query("select seq from {schema}.tasks")
    worker = StandIn.arrive(shop)
    assert worker.retry(*worker.claim_one())
    assert shop.query("select seq from {schema}.tasks") == before


def test_a_released_task_is_as_if_it_had_never_been_claimed(shop: Shop) -> None:
    sent = shop.enqueue()
    before = shop.query("select * from {schema}.tasks")
    worker = StandIn.arrive(shop)
    assert worker.release(*worker.claim_one())
    assert shop.query("select * from {schema}.tasks") == before
    assert shop.query("select * from {schema}.attempts") == []
    (again,) = worker.claim().tasks
    assert (again.id, again.attempt) == (sent.id, 1)


def test_a_settling_whose_reply_was_lost_finds_itself_by_its_token(shop: Shop) -> None:
    for _ in range(3):
        shop.enqueue()
    worker = StandIn.arrive(shop)
    taken = worker.claim()
    settled, by_another, running = taken.ids
    assert worker.complete(settled, taken.token)
    assert worker.complete(by_another, taken.token)
    asked = {settled: taken.token, by_another: new_token(), running: taken.token}
    assert shop.run(settled_by(asked)) == {settled}


def test_a_worker_can_ask_what_it_holds(shop: Shop) -> None:
    for _ in range(3):
        shop.enqueue()
    worker, other = StandIn.arrive(shop), StandIn.arrive(shop)
    mine, done = worker.claim(2), other.claim(1)
    assert shop.run(held(worker.incarnation)) == dict.fromkeys(mine.ids, mine.token)
    assert other.complete(done.ids[0], done.token)
    assert shop.run(held(other.incarnation)) == {}


def test_one_turn_settles_what_ended_and_claims_what_waits(shop: Shop) -> None:
    first, second = shop.enqueue(), shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert task_id == first.id
    endings = Endings([Settlement(task_id, token, TaskStatus.COMPLETED, None, "{}")])
    claim = Claim(new_token(), worker.incarnation, ["default"], ["greet"], 10)
    result = shop.run(turn(endings, [claim], schema=shop.schema))
    assert result.ended == {first.id}
    assert [task.id for task in result.claimed[0].tasks] == [second.id]
