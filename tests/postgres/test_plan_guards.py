"""The hot statements read what they need by index, with an empty table and with a full one.

The table swings between both within seconds, and statistics lag behind; so the shape of a plan must not hang on them.
"""

from __future__ import annotations

from typing import Any

import pytest

from horsies_core.channels import work_channel
from horsies_core.identifiers import new_task_id, new_token
from tests.support.plan_of import QueryPlan, plan_of
from tests.support.shop import Shop
from tests.support.stand_in import StandIn

CUSTOM_AND_GENERIC = pytest.mark.parametrize("generic", [False, True], ids=["custom", "generic"])
LIVE_ROWS = pytest.mark.parametrize("rows", [0, 10_000, 100_000])

_FILL = """
insert into {schema}.tasks (id, name, queue, priority, status, enqueued_at, due_at, args, claim_token, incarnation)
select md5(number::text)::uuid, 'greet', 'default', 100,
       case when number %% 5 = 0 then 'RUNNING' else 'PENDING' end, now(), now(), '{"name": "Ann"}',
       case when number %% 5 = 0 then md5('token')::uuid end, case when number %% 5 = 0 then md5('me')::uuid end
  from generate_series(1, %s) as number
"""


def fill(shop: Shop, rows: int) -> None:
    shop.query("alter table {schema}.tasks disable trigger guard")
    shop.query(_FILL, rows)
    shop.query("analyze {schema}.tasks")


def claim(shop: Shop, *, limit: int = 64) -> dict[str, Any]:
    return {
        "claim_token": new_token(),
        "incarnation": StandIn.arrive(shop).incarnation,
        "queues": ["default"],
        "names": ["greet", "add"],
        "limit": limit,
    }


def endings(shop: Shop, count: int) -> dict[str, Any]:
    """Parameters of all statements that end attempts."""
    return {
        "ids": [new_task_id() for _ in range(count)],
        "claim_tokens": [new_token() for _ in range(count)],
        "statuses": ["COMPLETED"] * count,
        "error_codes": [None] * count,
        "results": ["{}"] * count,
        "cancelled": "{}",
        "delays": [0.0] * count,
        "messages": [None] * count,
        "channel": work_channel(shop.schema),
    }


def plan_of_turn(shop: Shop, name: str, params: dict[str, Any], *, generic: bool) -> QueryPlan:
    return plan_of(shop, name, params, generic=generic, after=["task/pin_plans"])


def reads_of_tasks(plan: QueryPlan) -> list[str]:
    """The indexes by which it reads the live table, sorted; "tasks" itself if it reads all of it."""
    # Below a bitmap's heap scan stands the index that tells it which rows to fetch.
    scans = [node for node in plan.nodes() if node["Node Type"] != "Bitmap Heap Scan" and "Scan" in node["Node Type"]]
    reads = [node.get("Index Name", node.get("Relation Name", "")) for node in scans]
    return sorted(read for read in reads if read.startswith("tasks"))


@LIVE_ROWS
@CUSTOM_AND_GENERIC
def test_a_claim_reads_the_claim_order_and_finds_rows_by_primary_key(shop: Shop, generic: bool, rows: int) -> None:
    fill(shop, rows)
    plan = plan_of_turn(shop, "task/claim_and_start", claim(shop), generic=generic)
    assert reads_of_tasks(plan) == ["tasks_claim_order", "tasks_due_later", "tasks_pkey"]
    assert not plan.sorts


@LIVE_ROWS
@CUSTOM_AND_GENERIC
def test_a_settling_finds_its_rows_by_primary_key(shop: Shop, generic: bool, rows: int) -> None:
    fill(shop, rows)
    for count in (1, 10, 200):
        plan = plan_of_turn(shop, "task/settle", endings(shop, count), generic=generic)
        assert reads_of_tasks(plan) == ["tasks_pkey"]


@LIVE_ROWS
@CUSTOM_AND_GENERIC
def test_a_retry_and_a_release_find_their_rows_by_primary_key(shop: Shop, generic: bool, rows: int) -> None:
    fill(shop, rows)
    for name in ("task/retry", "task/release"):
        plan = plan_of_turn(shop, name, endings(shop, 10), generic=generic)
        assert set(reads_of_tasks(plan)) == {"tasks_pkey"}


@CUSTOM_AND_GENERIC
def test_a_plan_made_before_the_table_was_ever_analysed_is_the_same(shop: Shop, generic: bool) -> None:
    claiming = plan_of_turn(shop, "task/claim_and_start", claim(shop), generic=generic)
    assert reads_of_tasks(claiming) == ["tasks_claim_order", "tasks_due_later", "tasks_pkey"]
    assert not claiming.sorts
    settling = plan_of_turn(shop, "task/settle", endings(shop, 200), generic=generic)
    assert reads_of_tasks(settling) == ["tasks_pkey"]


@CUSTOM_AND_GENERIC
def test_awaiting_and_looking_find_their_tasks_by_id(shop: Shop, generic: bool) -> None:
    fill(shop, 10_000)
    ids = [new_task_id() for _ in range(10)]
    params = {"ids": ids, "channel": "horsies_reply_1", "work_channel": work_channel(shop.schema)}
    for name in ("task/look_up", "task/await_results"):
        plan = plan_of(shop, name, params, generic=generic)
        assert set(reads_of_tasks(plan)) == {"tasks_pkey"}


@CUSTOM_AND_GENERIC
def test_what_a_worker_holds_is_found_without_reading_what_waits(shop: Shop, generic: bool) -> None:
    fill(shop, 10_000)
    plan = plan_of(shop, "task/held_by_worker", {"incarnation": new_token()}, generic=generic)
    assert reads_of_tasks(plan) == ["tasks_held"]


@CUSTOM_AND_GENERIC
def test_expiries_are_read_by_their_index_and_not_from_all_that_waits(shop: Shop, generic: bool) -> None:
    fill(shop, 10_000)
    for name, params in (("task/expired", {"limit": 500}), ("task/next_expiry", dict[str, Any]())):
        plan = plan_of(shop, name, params, generic=generic)
        assert reads_of_tasks(plan) == ["tasks_expiring"]


@CUSTOM_AND_GENERIC
def test_a_task_is_described_and_asked_to_stop_by_its_id(shop: Shop, generic: bool) -> None:
    fill(shop, 10_000)
    params = {"id": new_task_id(), "ids": [new_task_id()], "manner": "ask", "channel": work_channel(shop.schema)}
    for name in ("task/describe", "task/request_cancel"):
        plan = plan_of(shop, name, params, generic=generic)
        assert reads_of_tasks(plan) == ["tasks_pkey"]


@CUSTOM_AND_GENERIC
def test_requests_to_cancel_are_found_without_reading_what_waits(shop: Shop, generic: bool) -> None:
    fill(shop, 10_000)
    for name in ("task/cancel_requests", "worker/renew_lease"):
        plan = plan_of(shop, name, {"incarnation": new_token(), "lease": 1.0}, generic=generic)
        assert reads_of_tasks(plan) == ["tasks_held"]
