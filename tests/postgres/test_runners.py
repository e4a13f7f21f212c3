"""The two runners keep the promises of the steps: a pipeline and an atomic plan happen whole, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from horsies_client.postgres import async_runner
from horsies_core.channels import work_channel
from horsies_core.identifiers import new_task_id
from horsies_core.plans import Atomic, Pipeline, Plan, Query, Rows, Script
from tests.support.shop import Shop

Run = Callable[[Plan[Any]], Any]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, shop: Shop) -> Run:
    """Drives a plan on a connection of the kind."""

    async def run_async(plan: Plan[Any]) -> Any:
        async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
            return await async_runner.run(plan, connection, shop.schema)

    return shop.run if request.param == "sync" else lambda plan: asyncio.run(run_async(plan))


def insert(shop: Shop, *, priority: int = 100, delay: float = 0.0) -> Query:
    return Query(
        "task/insert",
        {
            "id": new_task_id(),
            "name": "greet",
            "queue": "default",
            "priority": priority,
            "delay": delay,
            "run_at": None,
            "args": "{}",
            "retry_policy": None,
            "good_until": None,
            "timeout_ms": None,
            "reply_to": None,
            "channel": work_channel(shop.schema),
        },
    )


def impossible(shop: Shop) -> Query:
    return insert(shop, priority=100_000)


def count(shop: Shop) -> int:
    return shop.query("select count(*) from {schema}.tasks")[0][0]


def test_a_query_comes_back_as_its_rows(run: Run) -> None:
    def plan() -> Plan[Rows]:
        return (yield Query("worker/check_link"))

    assert run(plan()) == [(1,)]


def test_a_statement_without_rows_comes_back_empty(run: Run) -> None:
    def plan() -> Plan[Rows]:
        return (yield Query("worker/forget_lost"))

    assert run(plan()) == []


def test_a_pipeline_comes_back_as_the_rows_of_each_query(run: Run, shop: Shop) -> None:
    def plan() -> Plan[list[Rows]]:
        return (yield Pipeline([insert(shop), Query("worker/check_link"), Query("worker/forget_lost")]))

    assert run(plan()) == [[], [(1,)], []]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_pipeline_of_which_one_query_fails_changes_nothing(run: Run, shop: Shop, position: int) -> None:
    queries = [insert(shop), insert(shop)]
    queries.insert(position, impossible(shop))

    def plan() -> Plan[None]:
        yield Pipeline(queries)

    with pytest.raises(psycopg.errors.DataError):
        run(plan())
    assert count(shop) == 0


def test_the_connection_of_a_failed_pipeline_is_fit_for_the_next_plan(shop: Shop) -> None:
    def failing() -> Plan[None]:
        yield Pipeline([insert(shop), impossible(shop)])

    def succeeding() -> Plan[None]:
        yield Pipeline([insert(shop), insert(shop)])

    with pytest.raises(psycopg.errors.DataError):
        shop.run(failing())
    shop.run(succeeding())
    assert count(shop) == 2


def test_an_atomic_plan_returns_what_its_inner_plan_returned(run: Run, shop: Shop) -> None:
    def inner() -> Plan[str]:
        yield insert(shop)
        return "done"

    def plan() -> Plan[str]:
        return (yield Atomic(inner()))

    assert run(plan()) == "done"
    assert count(shop) == 1


def test_an_atomic_plan_of_which_a_later_step_fails_changes_nothing(run: Run, shop: Shop) -> None:
    def inner() -> Plan[None]:
        yield insert(shop)
        yield Pipeline([insert(shop), insert(shop)])
        yield Script("create table {schema}.left_behind (id int)")
        yield impossible(shop)

    def plan() -> Plan[None]:
        yield Atomic(inner())

    with pytest.raises(psycopg.errors.DataError):
        run(plan())
    assert count(shop) == 0
    assert shop.query("select to_regclass(%s)", f"{shop.schema}.left_behind") == [(None,)]


def test_an_atomic_plan_that_raises_by_itself_changes_nothing(run: Run, shop: Shop) -> None:
    def inner() -> Plan[None]:
        yield insert(shop)
        raise LookupError

    def plan() -> Plan[None]:
        yield Atomic(inner())

    with pytest.raises(LookupError):
        run(plan())
    assert count(shop) == 0


def test_steps_outside_of_an_atomic_part_are_commits_of_their_own(run: Run, shop: Shop) -> None:
    def plan() -> Plan[None]:
        yield insert(shop)
        yield impossible(shop)

    with pytest.raises(psycopg.errors.DataError):
        run(plan())
    assert count(shop) == 1


def test_a_script_may_hold_several_statements(run: Run, shop: Shop) -> None:
    def plan() -> Plan[None]:
        yield Script("create table {schema}.a (id int); create table {schema}.b (id int);")

    run(plan())
    assert shop.query("select count(*) from {schema}.a, {schema}.b") == [(0,)]


def test_a_plan_is_closed_whatever_happens_in_it(run: Run, shop: Shop) -> None:
    closed: list[bool] = []

    def plan() -> Plan[None]:
        try:
            yield impossible(shop)
        finally:
            closed.append(True)

    with pytest.raises(psycopg.errors.DataError):
        run(plan())
    assert closed == [True]
