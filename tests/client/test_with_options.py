"""`with_options(...)`: each option of a send, by itself and together, and what cannot be meant."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from horsies import (
    AppConfig,
    ConfigurationError,
    CustomQueueConfig,
    ErrorCode,
    Horsies,
    MultipleValidationErrors,
    PostgresConfig,
    QueueMode,
    Task,
    TaskError,
    TaskHandle,
    TaskResult,
)
from horsies_client.sending import suppressing_sends
from horsies_core.identifiers import new_task_id
from tests.support.at_once import at_once
from tests.support.shop import Shop
from tests.support.workshop import Workshop

Send = Callable[..., "TaskHandle[Any]"]

NOON = datetime(2031, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture(params=["send", "send_async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Both doors: `send(sender, *args)`."""
    if request.param == "send":
        return lambda sender, *args, **kwargs: sender.send(*args, **kwargs)
    return lambda sender, *args, **kwargs: asyncio.run(sender.send_async(*args, **kwargs))


@pytest.fixture
def with_queues(shop: Shop) -> Task[[int], int]:
    """A task of an app with the queues "mail" and "bulk"; it is the mail's, with options of its own."""
    app = Horsies(
        AppConfig(
            broker=PostgresConfig(database_url=shop.url, schema=shop.schema),
            queue_mode=QueueMode.CUSTOM,
            custom_queues=[CustomQueueConfig("mail"), CustomQueueConfig("bulk")],
        )
    )

    @app.task("post", queue_name="mail", priority=20, good_until=NOON, timeout_ms=1_000)
    def post(number: int) -> TaskResult[int, TaskError]:
        return TaskResult(ok=number)

    return post


def test_the_definition_holds_for_what_a_send_does_not_say(with_queues: Task[[int], int], shop: Shop) -> None:
    row = shop.row(with_queues.with_options().send(1).task_id)
    assert (row["queue"], row["priority"], row["good_until"], row["timeout_ms"]) == ("mail", 20, NOON, 1_000)
    assert row["due_at"] == row["enqueued_at"]


def test_what_a_send_says_goes_before_the_definition(with_queues: Task[[int], int], shop: Shop, send: Send) -> None:
    later = NOON + timedelta(days=1)
    sender = with_queues.with_options(queue_name="bulk", priority=1, good_until=later, timeout_ms=9)
    row = shop.row(send(sender, 1).task_id)
    assert (row["queue"], row["priority"], row["good_until"], row["timeout_ms"]) == ("bulk", 1, later, 9)


def test_a_task_for_a_moment_is_due_then(workshop: Workshop, shop: Shop, send: Send) -> None:
    assert shop.row(send(workshop.add.with_options(run_at=NOON), 1, 2).task_id)["due_at"] == NOON


def test_a_delay_in_milliseconds_counts_from_the_send(workshop: Workshop, shop: Shop, send: Send) -> None:
    row = shop.row(send(workshop.add.with_options(delay_ms=90_500), 1, 2).task_id)
    assert (row["due_at"] - row["enqueued_at"]).total_seconds() == 90.5


def test_a_sender_with_options_takes_the_same_arguments_and_refuses_the_same(workshop: Workshop, send: Send) -> None:
    sender = workshop.add.with_options(priority=1)
    assert sender.name == "add"
    with pytest.raises(TypeError, match=r"'add'.*b"):
        send(sender, 1, "two")


def test_a_sender_with_options_leaves_the_task_as_it_was(workshop: Workshop, shop: Shop) -> None:
    workshop.add.with_options(priority=1, delay_ms=1_000)
    row = shop.row(workshop.add.send(1, 2).task_id)
    assert (row["priority"], row["due_at"]) == (50, row["enqueued_at"])


def test_options_hold_for_schedule_and_for_many(workshop: Workshop, shop: Shop) -> None:
    sender = workshop.add.with_options(priority=3, timeout_ms=70)
    handles = [sender.schedule(60, 1, 2), asyncio.run(sender.schedule_async(60, 1, 2)), *sender.send_many([(1, 2)] * 2)]
    assert {(row["priority"], row["timeout_ms"]) for row in map(shop.row, (it.task_id for it in handles))} == {(3, 70)}


def test_a_second_send_with_the_same_key_is_a_handle_to_the_first(workshop: Workshop, shop: Shop, send: Send) -> None:
    sender = workshop.add.with_options(idempotency_key="order 7")
    first, second = send(sender, 1, 2), send(sender, 30, 40)
    assert first.task_id == second.task_id
    assert shop.query("select args from {schema}.tasks") == [('{"a":1,"b":2}',)]
    assert second.cancel()
    assert first.get(5_000) == second.get(5_000)


def test_a_key_is_kept_as_long_as_its_task_also_after_its_end(workshop: Workshop, shop: Shop) -> None:
    sender = workshop.add.with_options(idempotency_key="order 7")
    first = sender.send(1, 2)
    assert first.cancel()
    assert sender.send(1, 2).task_id == first.task_id
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]


def test_the_same_key_of_another_task_is_another_task(workshop: Workshop) -> None:
    one = workshop.add.with_options(idempotency_key="order 7").send(1, 2)
    other = workshop.greet.with_options(idempotency_key="order 7").send("Ann")
    assert one.task_id != other.task_id


def test_of_many_threads_that_send_with_one_key_all_get_the_same_task(workshop: Workshop, shop: Shop) -> None:
    sender = workshop.add.with_options(idempotency_key="order 7")
    ids = at_once([lambda: sender.send(1, 2).task_id] * 8)
    assert len(set(ids)) == 1
    assert shop.query("select count(*) from {schema}.tasks") == [(1,)]


@pytest.mark.parametrize("kind", [str, uuid.UUID])
def test_a_send_under_an_id_is_recorded_once_however_often_it_is_repeated(
    workshop: Workshop, shop: Shop, send: Send, kind: Callable[[str], Any]
) -> None:
    task_id = str(new_task_id())
    sender = workshop.add.with_options(task_id=kind(task_id))
    for _ in range(3):
        assert send(sender, 1, 2).task_id == task_id
    assert shop.query("select count(*) from {schema}.tasks") == [(1,)]


def test_a_send_under_an_id_whose_task_has_ended_records_nothing(workshop: Workshop, shop: Shop, send: Send) -> None:
    handle = workshop.add.send(1, 2)
    assert handle.cancel()
    again = send(workshop.add.with_options(task_id=handle.task_id), 1, 2)
    assert again.task_id == handle.task_id
    assert again.get(5_000) == handle.get(5_000)
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]


def test_while_modules_are_imported_options_change_nothing_about_it(workshop: Workshop, shop: Shop, send: Send) -> None:
    with suppressing_sends():
        handle = send(workshop.add.with_options(idempotency_key="order 7", priority=1), 1, 2)
    assert handle.get().unwrap_err().error_code == "SEND_SUPPRESSED"
    assert shop.query("select count(*) from {schema}.tasks") == [(0,)]


NAIVE = datetime(2031, 6, 1, 12)  # noqa: DTZ001 (what is refused)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 101}, "priority"),
        ({"priority": True}, "priority"),
        ({"timeout_ms": 0}, "timeout_ms"),
        ({"timeout_ms": 1.5}, "timeout_ms"),
        ({"delay_ms": -1}, "delay_ms"),
        ({"delay_ms": "5"}, "delay_ms"),
        ({"delay_ms": float("nan")}, "delay_ms"),
        ({"delay_ms": 10**15}, "delay_ms"),
        ({"run_at": NAIVE}, "time zone"),
        ({"run_at": "tomorrow"}, "run_at"),
        ({"good_until": NAIVE}, "time zone"),
        ({"good_until": 5}, "good_until"),
        ({"run_at": NOON, "delay_ms": 5}, "run_at and delay_ms"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "x" * 256}, "idempotency_key"),
        ({"idempotency_key": "a\0b"}, "idempotency_key"),
        ({"idempotency_key": 7}, "idempotency_key"),
        ({"task_id": "7"}, "no uuid"),
        ({"task_id": 7}, "no uuid"),
        ({"task_id": str(uuid.uuid4()), "idempotency_key": "k"}, "task_id and idempotency_key"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_before_anything_is_sent(
    workshop: Workshop, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        workshop.add.with_options(**options)
    assert caught.value.code is ErrorCode.TASK_INVALID_OPTIONS


def test_several_such_values_are_reported_together(workshop: Workshop) -> None:
    with pytest.raises(MultipleValidationErrors) as caught:
        workshop.add.with_options(priority=0, timeout_ms=0, run_at=NAIVE, idempotency_key="")
    assert len(caught.value.errors) == 4


def test_a_key_that_postgresql_could_not_store_is_refused(workshop: Workshop) -> None:
    with pytest.raises(ConfigurationError, match="idempotency_key"):
        workshop.add.with_options(idempotency_key="a\ud800b")


def test_a_queue_is_refused_in_an_app_that_has_only_one(workshop: Workshop) -> None:
    with pytest.raises(ConfigurationError) as caught:
        workshop.add.with_options(queue_name="default")
    assert caught.value.code is ErrorCode.TASK_INVALID_QUEUE


def test_a_queue_that_is_not_configured_is_refused_and_those_that_are_are_named(with_queues: Task[[int], int]) -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)nonexistent.*mail, bulk") as caught:
        with_queues.with_options(queue_name="nonexistent")
    assert caught.value.code is ErrorCode.TASK_INVALID_QUEUE


@pytest.mark.parametrize("options", [{"delay_ms": 5}, {"run_at": NOON}])
def test_a_schedule_of_a_sender_that_has_a_time_already_is_refused(workshop: Workshop, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="schedule"):
        workshop.add.with_options(**options).schedule(60, 1, 2)


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf"), 10**12])
def test_a_schedule_whose_delay_cannot_be_meant_is_refused(workshop: Workshop, delay: float) -> None:
    with pytest.raises(ConfigurationError, match="delay"):
        workshop.add.schedule(delay, 1, 2)
