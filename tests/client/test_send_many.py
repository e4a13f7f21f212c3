"""`task.send_many` and `app.send_many`: any number, in order, of one task or of many, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from horsies import BrokerError, ConfigurationError, LibraryErrorCode, TaskHandle, TaskResult
from horsies_client.sending import suppressing_sends
from horsies_client.task_sender import TaskSender
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

BOTH_DOORS = pytest.mark.parametrize("is_async", [False, True])
PATIENCE_MS = 30_000


def mixed(workshop: Workshop, calls: Any, *, is_async: bool) -> list[TaskHandle[Any]]:
    app = workshop.app
    return asyncio.run(app.send_many_async(calls)) if is_async else app.send_many(calls)


def names(shop: Shop) -> list[str]:
    return [name for (name,) in shop.query("select name from {schema}.tasks order by seq")]


def ids(shop: Shop) -> list[str]:
    return [task_id for (task_id,) in shop.query("select id::text from {schema}.tasks order by seq")]


@BOTH_DOORS
def test_a_hundred_thousand_are_recorded_in_order(workshop: Workshop, shop: Shop, is_async: bool) -> None:
    def calls() -> Iterator[tuple[int, int]]:
        yield from ((number, 1) for number in range(100_000))

    add = workshop.add
    handles = asyncio.run(add.send_many_async(calls())) if is_async else add.send_many(calls())
    assert [handle.task_id for handle in handles] == ids(shop)
    numbers = shop.query("select (args::json->>'a')::int from {schema}.tasks order by seq")
    assert [number for (number,) in numbers] == list(range(100_000))


def test_of_very_many_with_a_last_one_that_the_database_refuses_none_is_recorded(
    workshop: Workshop, shop: Shop
) -> None:
    shop.query("alter table {schema}.tasks add constraint no_nines check (args not like '%%9999,%%')")
    with pytest.raises(BrokerError) as caught:
        workshop.add.send_many((number, 1) for number in range(10_000))
    assert len(caught.value.task_ids) == 10_000
    assert isinstance(caught.value.__cause__, psycopg.errors.CheckViolation)
    assert ids(shop) == []


@BOTH_DOORS
def test_calls_of_many_tasks_are_recorded_in_their_order(workshop: Workshop, shop: Shop, is_async: bool) -> None:
    # What `Workshop` says of its tasks has no names of parameters.
    add, greet = cast("Any", workshop.add), cast("Any", workshop.greet)
    calls = [
        add.call(1, b=2),
        workshop.greet.call("Ann"),
        workshop.add.with_options(priority=1, delay_ms=5_000).call(3, 4),
        greet.call(name="Ben"),
        workshop.nap.call(0.5),
    ]
    handles = mixed(workshop, iter(calls), is_async=is_async)
    assert [handle.task_id for handle in handles] == ids(shop)
    assert names(shop) == ["add", "greet", "add", "greet", "nap"]
    row = shop.row(handles[2].task_id)
    assert (row["priority"], (row["due_at"] - row["enqueued_at"]).total_seconds()) == (1, 5)


def test_each_handle_reads_results_as_its_own_task_gives_them(workshop: Workshop, workers: Workers) -> None:
    workers.start(processes=1)
    calls = [workshop.add.call(1, 2), workshop.greet.call("Ann"), workshop.fail.call("BAD")]
    one, two, three = workshop.app.send_many(calls)
    assert one.get(PATIENCE_MS) == TaskResult(ok=3)
    assert two.get(PATIENCE_MS) == TaskResult(ok="hello Ann")
    assert three.get(PATIENCE_MS).unwrap_err().error_code == "BAD"


@BOTH_DOORS
def test_no_calls_are_no_tasks(workshop: Workshop, is_async: bool) -> None:
    assert mixed(workshop, [], is_async=is_async) == []


@BOTH_DOORS
def test_of_mixed_calls_with_one_wrong_argument_none_is_recorded(
    workshop: Workshop, shop: Shop, is_async: bool
) -> None:
    wrong: Any = workshop.greet.call
    with pytest.raises(TypeError, match="greet"):
        mixed(workshop, [workshop.add.call(1, 2), wrong(7), workshop.add.call(3, 4)], is_async=is_async)
    assert ids(shop) == []


@pytest.mark.parametrize("options", [{"idempotency_key": "k"}, {"task_id": "018f0000-0000-7000-8000-000000000000"}])
def test_what_only_a_single_send_can_have_is_refused(workshop: Workshop, shop: Shop, options: dict[str, Any]) -> None:
    sender: TaskSender[..., int] = workshop.add.with_options(**options)
    with pytest.raises(ConfigurationError, match="send_many"):
        sender.send_many([(1, 2)])
    with pytest.raises(ConfigurationError, match="send_many"):
        workshop.app.send_many([workshop.greet.call("Ann"), sender.call(1, 2)])
    assert ids(shop) == []


def test_what_is_no_call_is_refused_and_named(workshop: Workshop, shop: Shop) -> None:
    nonsense: Any = [workshop.add.call(1, 2), 7]
    for send_many in (workshop.add.send_many, workshop.app.send_many):
        with pytest.raises(TypeError, match=r"send_many.*int 7"):
            send_many(nonsense)
    assert ids(shop) == []


def test_a_call_of_another_task_is_refused_by_a_tasks_own_send_many(workshop: Workshop, shop: Shop) -> None:
    others: Any = [workshop.add.call(1, 2), workshop.greet.call("Ann")]
    with pytest.raises((TypeError, ConfigurationError), match=r"add|greet"):
        workshop.add.send_many(others)
    assert ids(shop) == []


@BOTH_DOORS
def test_while_modules_are_imported_nothing_is_recorded(workshop: Workshop, shop: Shop, is_async: bool) -> None:
    with suppressing_sends():
        handles = mixed(workshop, [workshop.add.call(1, 2), workshop.greet.call("Ann")], is_async=is_async)
    for handle in handles:
        assert handle.get().unwrap_err().error_code is LibraryErrorCode.SEND_SUPPRESSED
    assert ids(shop) == []
