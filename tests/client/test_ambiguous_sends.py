"""A send whose connection broke: recorded or not, nobody can say; the error carries the id, and repeating is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from horsies import BrokerError
from tests.support.eventually import eventually
from tests.support.fault_proxy import FaultProxy
from tests.support.shop import Shop
from tests.support.stand_in import StandIn
from tests.support.workshop import Workshop, build

CLIENT = "horsies"
"""The role of the client's pooled connections."""


@pytest.fixture
def proxy(shop: Shop) -> Generator[FaultProxy]:
    with FaultProxy(shop.url) as proxy:
        yield proxy


@pytest.fixture
def behind(proxy: FaultProxy, shop: Shop) -> Generator[Workshop]:
    """The workshop's app, whose only way to the database is the proxy; it has a connection."""
    workshop = build(proxy.url, shop.schema)
    with workshop.app:
        assert workshop.add.send(0, 0).cancel()
        yield workshop


def recorded(shop: Shop) -> list[str]:
    return [task_id for (task_id,) in shop.query("select id::text from {schema}.tasks order by seq")]


def lose_the_reply_to(send: Callable[[], object], proxy: FaultProxy, shop: Shop) -> BrokerError:
    """The connection is cut after the commit, and before its reply arrives."""
    proxy.hold_replies(CLIENT)
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(send)
        eventually(lambda: recorded(shop))
        proxy.cut(CLIENT)
        with pytest.raises(BrokerError) as caught:
            sending.result(30)
    return caught.value


def test_a_send_whose_reply_was_lost_is_an_error_with_the_id_of_the_task_that_was_recorded(
    behind: Workshop, proxy: FaultProxy, shop: Shop
) -> None:
    error = lose_the_reply_to(lambda: behind.add.send(1, 2), proxy, shop)
    assert list(error.task_ids) == recorded(shop)
    assert f"task {error.task_ids[0]} ('add') may or may not have been recorded" in str(error)
    assert error.__cause__ is not None


def test_sending_again_under_that_id_records_nothing_twice(behind: Workshop, proxy: FaultProxy, shop: Shop) -> None:
    error = lose_the_reply_to(lambda: behind.add.send(1, 2), proxy, shop)
    again = behind.add.with_options(task_id=error.task_ids[0]).send(1, 2)
    assert [again.task_id] == recorded(shop)


def test_sending_again_after_the_task_was_even_finished_records_nothing_twice(
    behind: Workshop, proxy: FaultProxy, shop: Shop
) -> None:
    error = lose_the_reply_to(lambda: behind.add.send(1, 2), proxy, shop)
    worker = StandIn.arrive(shop)
    taken = worker.claim(names=["add"])
    assert worker.complete(taken.ids[0], taken.token, '{"ok": 3}')
    again = behind.add.with_options(task_id=error.task_ids[0]).send(1, 2)
    assert again.get(5_000).unwrap() == 3
    assert recorded(shop) == []


def test_in_async_code_it_is_the_same(behind: Workshop, proxy: FaultProxy, shop: Shop) -> None:
    error = asyncio.run(lose_the_reply_to_a_coroutine(behind, proxy, shop))
    assert list(error.task_ids) == recorded(shop)
    again = asyncio.run(behind.add.with_options(task_id=error.task_ids[0]).send_async(1, 2))
    assert [again.task_id] == recorded(shop)


async def lose_the_reply_to_a_coroutine(behind: Workshop, proxy: FaultProxy, shop: Shop) -> BrokerError:
    assert await (await behind.add.send_async(0, 0)).cancel_async()
    proxy.hold_replies(CLIENT)
    sending = asyncio.create_task(behind.add.send_async(1, 2))
    await asyncio.to_thread(eventually, lambda: recorded(shop))
    proxy.cut(CLIENT)
    with pytest.raises(BrokerError) as caught:
        await asyncio.wait_for(sending, 30)
    await behind.app.close_async()
    return caught.value


def test_of_many_the_error_names_every_id_in_order(behind: Workshop, proxy: FaultProxy, shop: Shop) -> None:
    error = lose_the_reply_to(lambda: behind.add.send_many([(number, 1) for number in range(30)]), proxy, shop)
    assert list(error.task_ids) == recorded(shop)


def test_a_send_with_a_key_whose_reply_was_lost_is_simply_repeated(
    behind: Workshop, proxy: FaultProxy, shop: Shop
) -> None:
    sender = behind.add.with_options(idempotency_key="order 7")
    lose_the_reply_to(lambda: sender.send(1, 2), proxy, shop)
    assert [sender.send(1, 2).task_id] == recorded(shop)


def test_after_a_lost_connection_the_next_send_works(behind: Workshop, proxy: FaultProxy, shop: Shop) -> None:
    proxy.cut(CLIENT)
    assert [behind.add.send(1, 2).task_id] == recorded(shop)
