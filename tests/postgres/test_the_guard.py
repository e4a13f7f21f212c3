"""The trigger of the test database, itself."""

from __future__ import annotations

import psycopg
import pytest

from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans.cancelling import cancel
from tests.support.shop import Shop
from tests.support.stand_in import StandIn


def test_an_undeclared_move_is_refused(shop: Shop) -> None:
    task = shop.enqueue()
    with pytest.raises(psycopg.errors.RaiseException, match="undeclared move"):
        shop.query("update {schema}.tasks set status = 'CLAIMED' where id = %s", task.id)


def test_a_pending_task_cannot_vanish(shop: Shop) -> None:
    task = shop.enqueue()
    with pytest.raises(psycopg.errors.RaiseException, match="undeclared move"):
        shop.query("delete from {schema}.tasks where id = %s", task.id)


@pytest.mark.parametrize("status", [TaskStatus.COMPLETED, TaskStatus.FAILED])
def test_a_pending_task_cannot_end_as_if_it_had_run(shop: Shop, status: TaskStatus) -> None:
    task = shop.enqueue()
    with pytest.raises(psycopg.errors.RaiseException, match=f"undeclared move: PENDING -> {status.value}"):
        StandIn(shop).end(Endings([Settlement(task.id, None, status, None, "{}")]))
    assert shop.status(task.id) == "PENDING"


def test_a_running_task_cannot_expire(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, token = worker.claim_one()
    with pytest.raises(psycopg.errors.RaiseException, match="undeclared move: RUNNING -> EXPIRED"):
        worker.end(Endings([Settlement(task_id, token, TaskStatus.EXPIRED, None, "{}")]))


def test_a_task_that_is_to_be_cancelled_cannot_go_back_to_waiting(shop: Shop) -> None:
    shop.enqueue()
    task_id, _ = StandIn.arrive(shop).claim_one()
    assert shop.run(cancel(task_id, by_force=False, schema=shop.schema))
    with pytest.raises(psycopg.errors.RaiseException, match="is to be cancelled"):
        shop.query("update {schema}.tasks set status = 'PENDING', claim_token = null where id = %s", task_id)


def test_a_task_that_is_to_be_cancelled_cannot_end_in_another_way(shop: Shop) -> None:
    shop.enqueue()
    worker = StandIn.arrive(shop)
    task_id, _ = worker.claim_one()
    assert shop.run(cancel(task_id, by_force=False, schema=shop.schema))
    with pytest.raises(psycopg.errors.RaiseException, match="was to be cancelled ended COMPLETED"):
        shop.query(
            """with gone as (delete from {schema}.tasks returning *)
               insert into {schema}.finished
                      (id, name, queue, priority, status, enqueued_at, due_at, args, attempt, finished_at, result)
               select id, name, queue, priority, 'COMPLETED', enqueued_at, due_at, args, attempt, now(), '{}'
                 from gone"""
        )
