"""`wait_all` and `as_completed`, and their async twins: many tasks, one limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, cast

import pytest

from horsies import (
    LibraryErrorCode,
    TaskError,
    TaskHandle,
    TaskResult,
    as_completed,
    as_completed_async,
    wait_all,
    wait_all_async,
)
from horsies_client.sending import suppressing_sends
from horsies_core.identifiers import new_task_id
from tests.support.counter import Counter
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workshop import Workshop, build

SOON_MS = 20_000

Results = list[TaskResult[int, TaskError]]
Pairs = list[tuple["TaskHandle[int]", TaskResult[int, TaskError]]]
WaitAll = Callable[..., Results]
AsCompleted = Callable[..., Pairs]


@pytest.fixture(params=["sync", "async"])
def wait(request: pytest.FixtureRequest) -> WaitAll:
    """Both doors."""
    return wait_all if request.param == "sync" else lambda *given: asyncio.run(wait_all_async(*given))


@pytest.fixture(params=["sync", "async"])
def completed(request: pytest.FixtureRequest) -> AsCompleted:
    """Both doors, to their ends."""

    async def collect(*given: Any) -> Pairs:
        return [pair async for pair in as_completed_async(*given)]

    return (
        (lambda *given: list(as_completed(*given)))
        if request.param == "sync"
        else lambda *given: asyncio.run(collect(*given))
    )


def code_of(result: TaskResult[int, TaskError]) -> LibraryErrorCode | str | None:
    return result.unwrap_err().error_code


def asked_for(shop: Shop) -> int:
    return shop.query("select count(*) from {schema}.tasks where reply_to is not null")[0][0]


def held_back(client: Workshop) -> TaskHandle[int]:
    """Nobody will answer this one."""
    return client.add.schedule(3_600, 0, 0)


def test_results_come_in_the_order_of_the_handles_whatever_ends_first(
    client: Workshop, counter: Counter, wait: WaitAll, shop: Shop
) -> None:
    handles = client.add.send_many([(number, 1) for number in range(20)])
    with ThreadPoolExecutor(1) as thread:
        results = thread.submit(wait, reversed(handles), SOON_MS)
        eventually(lambda: asked_for(shop) == 20)
        while counter.serve(3):
            pass
        assert [it.unwrap() for it in results.result(30)] == [number + 1 for number in reversed(range(20))]


def test_without_a_timeout_all_are_waited_for(client: Workshop, counter: Counter, wait: WaitAll, shop: Shop) -> None:
    handles = client.add.send_many([(number, 1) for number in range(3)])
    with ThreadPoolExecutor(1) as thread:
        results = thread.submit(wait, handles)
        eventually(lambda: asked_for(shop) == 3)
        counter.serve()
        assert [it.unwrap() for it in results.result(30)] == [1, 2, 3]


def test_the_timeout_is_one_for_all_and_what_has_ended_by_then_is_returned(
    client: Workshop, counter: Counter, wait: WaitAll
) -> None:
    done = client.add.send_many([(number, 1) for number in range(3)])
    counter.serve()
    handles = [held_back(client), done[0], held_back(client), done[1], done[2]]
    results = wait(handles, 400)
    assert [code_of(results[0]), code_of(results[2])] == [LibraryErrorCode.WAIT_TIMEOUT] * 2
    assert [results[place].unwrap() for place in (1, 3, 4)] == [1, 2, 3]


def test_a_timeout_of_zero_looks_once_at_all(client: Workshop, counter: Counter, wait: WaitAll, shop: Shop) -> None:
    done = client.add.send_many([(number, 1) for number in range(3)])
    counter.serve()
    results = wait([held_back(client), *done], 0)
    assert code_of(results[0]) is LibraryErrorCode.WAIT_TIMEOUT
    assert [it.unwrap() for it in results[1:]] == [1, 2, 3]
    assert asked_for(shop) == 0


def test_what_was_sent_in_vain_or_is_not_known_is_told_beside_the_others(
    client: Workshop, counter: Counter, wait: WaitAll
) -> None:
    with suppressing_sends():
        suppressed = client.add.send(1, 1)
    unknown = client.app.handle(client.add, new_task_id())
    handle = client.add.send(1, 2)
    counter.serve()
    results = wait([suppressed, unknown, handle], SOON_MS)
    assert [code_of(it) for it in results[:2]] == [LibraryErrorCode.SEND_SUPPRESSED, LibraryErrorCode.TASK_NOT_FOUND]
    assert results[2].unwrap() == 3


def test_nothing_to_wait_for_is_nothing_to_wait_for(wait: WaitAll, completed: AsCompleted) -> None:
    assert wait([]) == []
    assert completed([]) == []


def test_results_are_kept_on_the_handles(client: Workshop, counter: Counter, wait: WaitAll, shop: Shop) -> None:
    handles = client.add.send_many([(number, 1) for number in range(3)])
    counter.serve()
    results = wait(handles, SOON_MS)
    shop.query("drop trigger guard on {schema}.finished")
    shop.query("delete from {schema}.finished")
    assert wait(handles, 0) == results
    assert [handle.get(0) for handle in handles] == results


def test_each_task_comes_as_it_ends(client: Workshop, counter: Counter) -> None:
    slow, quick = client.add.send(1, 1), client.add.with_options(priority=1).send(2, 2)
    ending = as_completed([slow, quick], SOON_MS)
    counter.serve(1)
    assert next(ending) == (quick, TaskResult(ok=4))
    counter.serve(1)
    assert next(ending) == (slow, TaskResult(ok=2))
    assert list(ending) == []


def test_each_task_comes_as_it_ends_in_async_code(client: Workshop, counter: Counter) -> None:
    async def run() -> None:
        slow = await client.add.send_async(1, 1)
        quick = await client.add.with_options(priority=1).send_async(2, 2)
        ending = as_completed_async([slow, quick], SOON_MS)
        counter.serve(1)
        assert await ending.__anext__() == (quick, TaskResult(ok=4))
        counter.serve(1)
        assert [pair async for pair in ending] == [(slow, TaskResult(ok=2))]

    asyncio.run(run())


def test_every_handle_comes_once_also_when_it_is_given_twice(
    client: Workshop, counter: Counter, completed: AsCompleted
) -> None:
    handles = client.add.send_many([(number, 1) for number in range(5)])
    counter.serve()
    pairs = completed([*handles, handles[0]], SOON_MS)
    assert sorted(result.unwrap() for _, result in pairs) == [1, 1, 2, 3, 4, 5]
    assert all(result == handle.get(0) for handle, result in pairs)


@pytest.mark.parametrize("timeout_ms", [0, 400])
def test_what_has_not_ended_by_the_timeout_comes_last(
    client: Workshop, counter: Counter, completed: AsCompleted, timeout_ms: int
) -> None:
    done = client.add.send_many([(number, 1) for number in range(3)])
    counter.serve()
    late = held_back(client)
    pairs = completed([late, *done], timeout_ms)
    assert pairs[-1][0] is late
    assert code_of(pairs[-1][1]) is LibraryErrorCode.WAIT_TIMEOUT
    assert {handle for handle, _ in pairs[:-1]} == set(done)
    assert all(result.is_ok() for _, result in pairs[:-1])


def test_whoever_turns_away_early_leaves_nothing_behind(client: Workshop, counter: Counter) -> None:
    handles: Sequence[TaskHandle[int]] = client.add.send_many([(1, 1), (2, 2)])
    counter.serve(1)
    with closing(cast("Generator[object]", as_completed(handles, SOON_MS))) as ending:
        next(ending)
    room = client.app.broker.waiting_room()
    assert len(room._watch_list) == 0
    eventually(counter.serve)
    assert handles[1].get(SOON_MS).unwrap() == 4


def test_a_cancelled_coroutine_that_waited_for_all_leaves_nothing_behind(
    client: Workshop, counter: Counter, shop: Shop
) -> None:
    async def run() -> None:
        handles = await client.add.send_many_async([(1, 1), (2, 2)])
        waiting = asyncio.create_task(wait_all_async(handles))
        await asyncio.to_thread(eventually, lambda: asked_for(shop) == 2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(client.app.broker.waiting_room()._watch_list) == 0
        counter.serve()
        assert [it.unwrap() for it in await wait_all_async(handles, SOON_MS)] == [2, 4]

    asyncio.run(run())


def test_tasks_of_two_apps_are_waited_for_together(client: Workshop, counter: Counter, wait: WaitAll) -> None:
    other = build(client.app.config.broker.database_url or "", client.app.config.broker.schema)
    with other.app:
        handles = [client.add.send(1, 1), other.add.send(2, 2)]
        counter.serve()
        assert [it.unwrap() for it in wait(handles, SOON_MS)] == [2, 4]
