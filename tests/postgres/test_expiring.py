"""Tasks that were not started by their `good_until`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from horsies_core.channels import work_channel
from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.plans.enqueueing import enqueue_many
from horsies_core.plans.expiring import TASKS_PER_PASS, expire, next_expiry
from horsies_core.plans.looking_up import look_up_and_await
from tests.support.radio import Radio
from tests.support.shop import Shop
from tests.support.stand_in import StandIn

PAST = datetime(2020, 1, 1, tzinfo=timezone.utc)


def in_an_hour() -> datetime:
    return datetime.now(timezone.utc) + timedelta(hours=1)


def expired(shop: Shop) -> set[UUID]:
    return set(shop.run(expire(schema=shop.schema)))


def test_a_claim_passes_over_what_is_past_its_good_until(shop: Shop) -> None:
    shop.enqueue(good_until=PAST)
    good = shop.enqueue(good_until=in_an_hour())
    assert StandIn.arrive(shop).claim().ids == [good.id]


def test_a_task_past_its_good_until_ends_expired(shop: Shop) -> None:
    task = shop.enqueue(good_until=PAST)
    assert expired(shop) == {task.id}
    row = shop.row(task.id)
    assert (row["status"], row["error_code"], row["attempt"]) == ("EXPIRED", "TASK_EXPIRED", 0)
    assert '"TASK_EXPIRED"' in row["result"]
    assert row["good_until"] == PAST
    assert expired(shop) == set()


def test_what_is_good_still_or_for_ever_does_not_expire(shop: Shop) -> None:
    shop.enqueue()
    shop.enqueue(good_until=in_an_hour())
    assert expired(shop) == set()


def test_what_was_started_in_time_does_not_expire_while_it_runs(shop: Shop) -> None:
    task = shop.enqueue(good_until=in_an_hour())
    task_id, token = (worker := StandIn.arrive(shop)).claim_one()
    shop.query("update {schema}.tasks set good_until = %s", PAST)
    assert expired(shop) == set()
    assert worker.complete(task_id, token)
    assert shop.status(task.id) == "COMPLETED"


@pytest.mark.parametrize("given_back_by", [StandIn.retry, StandIn.release])
def test_what_waits_again_after_it_was_started_expires_as_well(shop: Shop, given_back_by: object) -> None:
    shop.enqueue(good_until=in_an_hour())
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    assert worker.retry(task_id, token) if given_back_by is StandIn.retry else worker.release(task_id, token)
    shop.query("update {schema}.tasks set good_until = %s", PAST)
    assert worker.claim().ids == []
    assert expired(shop) == {task_id}


def test_an_expiry_is_told_to_those_who_await_the_task(shop: Shop) -> None:
    task = shop.enqueue(good_until=PAST)
    with Radio.tuned_to(shop, "horsies_reply_1") as radio:
        shop.run(look_up_and_await([task.id], channel=radio.channel, schema=shop.schema))
        expired(shop)
        assert radio.heard() == [str(task.id)]


def test_an_expiry_passes_over_what_another_is_just_ending_or_claiming(shop: Shop) -> None:
    first, second = shop.enqueue(good_until=PAST), shop.enqueue(good_until=PAST)
    with StandIn(shop).elsewhere() as other, shop.connection.transaction():
        shop.query("select from {schema}.tasks where id = %s for update", first.id)
        # The lock would be waited for, and that is an error here.
        assert expired(other.shop) == {second.id}
    assert expired(shop) == {first.id}


def test_an_expiry_takes_no_more_than_a_short_transaction_holds(shop: Shop) -> None:
    tasks = [NewTask(new_task_id(), "greet", "default", 100, "{}", good_until=PAST) for _ in range(TASKS_PER_PASS + 1)]
    shop.run(enqueue_many(tasks, schema=shop.schema, reply_to=None))
    assert [len(expired(shop)) for _ in range(3)] == [TASKS_PER_PASS, 1, 0]


def test_the_next_expiry_is_that_of_the_first_pending_task(shop: Shop) -> None:
    assert shop.run(next_expiry()) is None
    shop.enqueue(good_until=in_an_hour() + timedelta(hours=1))
    shop.enqueue(good_until=in_an_hour())
    seconds = shop.run(next_expiry())
    assert seconds is not None
    assert 3_500 < seconds <= 3_601
    StandIn.arrive(shop).claim()
    assert shop.run(next_expiry()) is None


def test_an_expiry_that_is_over_is_told_as_now(shop: Shop) -> None:
    shop.enqueue(good_until=PAST)
    seconds = shop.run(next_expiry())
    assert seconds is not None
    assert seconds <= 0


def test_a_task_that_can_expire_is_announced_as_such(shop: Shop) -> None:
    StandIn.arrive(shop)
    with Radio.tuned_to(shop, work_channel(shop.schema)) as work:
        shop.enqueue(good_until=in_an_hour())
        shop.enqueue(good_until=in_an_hour(), delay_seconds=60)
        assert work.heard() == ["expires", "later"]
