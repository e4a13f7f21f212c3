"""Sending: what is recorded, what is refused before anything is, and what is said when the database is away."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from horsies import (
    AppConfig,
    BrokerError,
    Horsies,
    LibraryErrorCode,
    PostgresConfig,
    SerializationError,
    Task,
    TaskError,
    TaskHandle,
    TaskResult,
)
from horsies_client.sending import suppressing_sends
from tests.support.shop import Shop
from tests.support.workshop import Workshop

POOL_TIMEOUT = 0.3

Sends = Callable[..., "TaskHandle[Any]"]


@pytest.fixture(params=["send", "send_async"])
def how(request: pytest.FixtureRequest) -> Callable[[Task[..., Any]], Sends]:
    """Both doors: `how(task)(*args)` sends and returns the handle."""
    if request.param == "send":
        return lambda task: task.send
    return lambda task: lambda *args, **kwargs: asyncio.run(task.send_async(*args, **kwargs))


def recorded(shop: Shop) -> list[Any]:
    """The arguments of every recorded task, in sending order."""
    return [json.loads(args) for (args,) in shop.query("select args from {schema}.tasks order by seq")]


def nested_app(shop: Shop) -> Task[..., int]:
    app = Horsies(AppConfig(broker=PostgresConfig(database_url=shop.url, schema=shop.schema)))

    @app.task("order")
    def order(items: list[dict[str, float]], note: str = "none") -> TaskResult[int, TaskError]:
        return TaskResult(ok=len(items) + len(note))

    return order


def test_a_send_that_returned_is_recorded_under_its_handles_id(
    client: Workshop, shop: Shop, how: Callable[[Any], Sends]
) -> None:
    handle = how(client.add)(1, b=2)
    row = shop.row(handle.task_id)
    assert (row["name"], row["status"], json.loads(row["args"])) == ("add", "PENDING", {"a": 1, "b": 2})


@pytest.mark.parametrize("is_async", [False, True])
def test_a_scheduled_task_is_due_after_its_delay(client: Workshop, shop: Shop, is_async: bool) -> None:
    handle = asyncio.run(client.add.schedule_async(90, 1, 2)) if is_async else client.add.schedule(90, 1, 2)
    row = shop.row(handle.task_id)
    assert (row["due_at"] - row["enqueued_at"]).total_seconds() == 90


@pytest.mark.parametrize("is_async", [False, True])
def test_many_are_recorded_in_order_and_handles_come_in_that_order(
    client: Workshop, shop: Shop, is_async: bool
) -> None:
    calls = [(1, number) if number % 2 else client.add.call(1, number) for number in range(1_500)]
    handles = asyncio.run(client.add.send_many_async(calls)) if is_async else client.add.send_many(calls)
    assert [args["b"] for args in recorded(shop)] == list(range(1_500))
    in_order = shop.query("select id::text from {schema}.tasks order by seq")
    assert [handle.task_id for handle in handles] == [task_id for (task_id,) in in_order]


def test_no_calls_are_no_tasks(client: Workshop) -> None:
    assert client.add.send_many([]) == []


def test_of_many_with_one_wrong_argument_none_is_recorded(client: Workshop, shop: Shop) -> None:
    calls: Sequence[tuple[Any, ...]] = [(1, 2), (3, "four"), (5, 6)]
    with pytest.raises(TypeError, match="'add': b"):
        client.add.send_many(calls)
    assert recorded(shop) == []


@pytest.mark.parametrize(
    ("args", "kwargs", "parameter"),
    [
        ((1,), {}, "b"),
        ((1, 2, 3), {}, "positional"),
        ((1,), {"c": 2}, "c"),
        ((1, 2), {"a": 1}, "a"),
        ((1, "two"), {}, "b"),
        ((None, 2), {}, "a"),
    ],
)
def test_an_argument_that_does_not_fit_is_a_type_error_that_names_task_and_parameter(
    client: Workshop, how: Callable[[Any], Sends], args: Any, kwargs: Any, parameter: str
) -> None:
    with pytest.raises(TypeError, match=rf"(?s)add.*{parameter}"):
        how(client.add)(*args, **kwargs)


def test_an_argument_that_cannot_be_stored_is_named_by_the_path_to_it(shop: Shop, how: Callable[[Any], Sends]) -> None:
    order = nested_app(shop)
    with pytest.raises(SerializationError, match=r"items\[1\].*price"):
        how(order)([{"price": 1.0}, {"price": float("nan")}])
    assert recorded(shop) == []


def test_while_modules_are_imported_nothing_is_recorded_and_the_handle_says_so(
    client: Workshop, shop: Shop, how: Callable[[Any], Sends]
) -> None:
    with suppressing_sends():
        handles = [how(client.add)(1, 2), client.add.schedule(1, 1, 2), *client.add.send_many([(1, 2)])]
    for handle in handles:
        assert handle.get().unwrap_err().error_code is LibraryErrorCode.SEND_SUPPRESSED
        assert asyncio.run(handle.get_async()).unwrap_err().error_code is LibraryErrorCode.SEND_SUPPRESSED
    assert recorded(shop) == []
    how(client.add)(1, 2)
    assert len(recorded(shop)) == 1


def doubling(port: int) -> tuple[Horsies, Task[[int], int]]:
    """A task of an app whose database would be at this port."""
    url = f"postgresql://ann:secret@127.0.0.1:{port}/shop"
    app = Horsies(AppConfig(broker=PostgresConfig(database_url=url, pool_timeout=POOL_TIMEOUT)))

    @app.task("double")
    def double(number: int) -> TaskResult[int, TaskError]:
        return TaskResult(ok=2 * number)

    return app, double


def test_a_database_that_is_not_there_is_a_broker_error_that_names_the_task_and_no_password(
    closed_port: int, how: Callable[[Any], Sends]
) -> None:
    app, double = doubling(closed_port)
    with app, pytest.raises(BrokerError) as caught:
        how(double)(1)
    error = caught.value
    assert len(error.task_ids) == 1
    assert error.task_ids[0] in str(error)
    assert "double" in str(error)
    assert "refused" in str(error)
    assert error.__cause__ is not None
    assert "secret" not in f"{error!r}{error}{error.__cause__!r}{error.__cause__}"


def test_a_send_of_many_that_failed_names_every_task_in_order(closed_port: int) -> None:
    app, double = doubling(closed_port)
    with app, pytest.raises(BrokerError) as caught:
        double.send_many([(1,), (2,), (3,)])
    assert len(set(caught.value.task_ids)) == 3
    assert list(caught.value.task_ids) == sorted(caught.value.task_ids, key=lambda it: int(it[:8], 16))


# The pool's timeout, an attempt of 2 s to learn the reason, and a machine that is busy with other things.
SOON_SECONDS = POOL_TIMEOUT + 6


@contextmanager
def silent_port() -> Generator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        yield silent.getsockname()[1]


def test_a_database_that_never_answers_does_not_hold_a_send_for_long() -> None:
    with silent_port() as port:
        app, double = doubling(port)
        started = time.monotonic()
        with pytest.raises(BrokerError):
            double.send(1)
        assert time.monotonic() - started < SOON_SECONDS
    app.close()


def test_a_database_that_never_answers_does_not_hold_a_coroutine_for_long() -> None:
    async def send() -> float:
        with silent_port() as port:
            app, double = doubling(port)
            started = time.monotonic()
            with pytest.raises(BrokerError):
                await double.send_async(1)
            seconds = time.monotonic() - started
        await app.close_async()
        return seconds

    assert asyncio.run(send()) < SOON_SECONDS
