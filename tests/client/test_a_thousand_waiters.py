"""A thousand waiters in one process: one connection, no query while nothing happens, and nothing missed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from horsies import TaskError, TaskHandle, TaskResult, wait_all, wait_all_async
from tests.support.counter import Counter
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workshop import Workshop

COUNT = 1_000
SOON_MS = 30_000

Results = list[TaskResult[int, TaskError]]
Wait = Callable[[list["TaskHandle[int]"]], Results]


def in_threads(handles: list[TaskHandle[int]]) -> Results:
    """A thread for each."""
    results: dict[int, TaskResult[int, TaskError]] = {}
    threads = [
        threading.Thread(target=lambda place=place, handle=handle: results.update({place: handle.get(SOON_MS)}))
        for place, handle in enumerate(handles)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[place] for place in range(len(handles))]


def in_coroutines(handles: list[TaskHandle[int]]) -> Results:
    """A coroutine for each."""

    async def gather() -> Results:
        return list(await asyncio.gather(*(handle.get_async(SOON_MS) for handle in handles)))

    return asyncio.run(gather())


def in_both(handles: list[TaskHandle[int]]) -> Results:
    """Half of them each."""
    half = len(handles) // 2
    with ThreadPoolExecutor(2) as threads:
        parts = [threads.submit(in_threads, handles[:half]), threads.submit(in_coroutines, handles[half:])]
        return [result for part in parts for result in part.result()]


def by_wait_all_async(handles: list[TaskHandle[int]]) -> Results:
    """One coroutine for all of them."""
    return asyncio.run(wait_all_async(handles, SOON_MS))


WAITS = pytest.mark.parametrize(
    "wait", [in_threads, in_coroutines, in_both, lambda handles: wait_all(handles, SOON_MS), by_wait_all_async]
)


def listeners(shop: Shop) -> list[tuple[Any, ...]]:
    """The connections on which results of this test's schema are heard of; each with the time of its last word."""
    return shop.query(
        "select pid, state, state_change from pg_stat_activity"
        " where application_name = 'horsies results' and query like %s",
        f'%"{shop.schema}".%',
    )


def connections(shop: Shop) -> int:
    """All that horsies has open, of every app that this test has made."""
    return shop.query("select count(*) from pg_stat_activity where application_name like 'horsies%%'")[0][0]


def settled_in(shop: Shop) -> bool:
    """Every task has someone to notify, and the listener has nothing more to ask."""
    asked = shop.query("select count(*) from {schema}.tasks where reply_to is not null") == [(COUNT,)]
    return asked and [state for _, state, _ in listeners(shop)] == ["idle"]


@WAITS
def test_a_thousand_waiters_share_one_listener_that_asks_nothing_while_they_wait(
    client: Workshop, counter: Counter, shop: Shop, wait: Wait
) -> None:
    handles = client.add.send_many([(number, 1) for number in range(COUNT)])
    with ThreadPoolExecutor(1) as thread:
        results: Future[Results] = thread.submit(wait, handles)
        eventually(lambda: settled_in(shop), within=30)
        before = listeners(shop)
        assert len(before) == 1
        # Time in which a thousand that poll would have asked thousands of times.
        shop.query("select pg_sleep(0.5)")
        assert listeners(shop) == before
        counter.serve()
        assert [it.unwrap() for it in results.result(60)] == [number + 1 for number in range(COUNT)]


@pytest.mark.parametrize("wait", [in_threads, in_coroutines])
def test_results_that_arrive_while_the_listener_is_cut_off_are_returned_all_the_same(
    client: Workshop, counter: Counter, shop: Shop, wait: Wait
) -> None:
    handles = client.add.send_many([(number, 1) for number in range(COUNT)])
    with ThreadPoolExecutor(1) as thread:
        results: Future[Results] = thread.submit(wait, handles)
        eventually(lambda: settled_in(shop), within=30)
        ((pid, _, _),) = listeners(shop)
        # They end while nobody can hear of it; this client polls once an hour.
        with shop.connection.transaction():
            shop.query("select pg_terminate_backend(%s)", pid)
            counter.serve(COUNT // 2)
        counter.serve()
        assert [it.unwrap() for it in results.result(60)] == [number + 1 for number in range(COUNT)]
