"""Awaiting results: one listener for all who wait, nothing missed, and honest words when there is no result."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest

from horsies import LibraryErrorCode, TaskError, TaskHandle, TaskResult
from horsies_core.identifiers import new_task_id
from tests.client.conftest import NEVER_MS
from tests.support.counter import Counter
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workshop import Workshop, build

SOON_MS = 20_000


@pytest.fixture
def threads() -> Generator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as threads:
        yield threads


def listeners(shop: Shop) -> list[int]:
    """The pids of the connections on which results of this test's schema are heard of."""
    rows = shop.query(
        "select pid from pg_stat_activity where application_name = 'horsies results' and query like %s",
        f'%"{shop.schema}".%',
    )
    return [pid for (pid,) in rows]


def asked_for(shop: Shop) -> int:
    """How many live tasks have someone to notify."""
    return shop.query("select count(*) from {schema}.tasks where reply_to is not null")[0][0]


def error_of(result: TaskResult[int, TaskError]) -> LibraryErrorCode | str | None:
    return result.unwrap_err().error_code


def test_a_result_that_is_there_already_is_returned_at_once(client: Workshop, counter: Counter) -> None:
    handle = client.add.send(1, 2)
    counter.serve()
    assert handle.get(SOON_MS) == TaskResult(ok=3)


def test_a_waiter_is_woken_by_the_end_of_its_task(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    result = threads.submit(client.add.send(1, 2).get, SOON_MS)
    eventually(lambda: asked_for(shop) == 1)
    counter.serve()
    assert result.result() == TaskResult(ok=3)


def test_a_coroutine_is_woken_by_the_end_of_its_task(client: Workshop, counter: Counter, shop: Shop) -> None:
    async def wait() -> TaskResult[int, TaskError]:
        handle = await client.add.send_async(1, 2)
        waiting = asyncio.create_task(handle.get_async(SOON_MS))
        await asyncio.to_thread(eventually, lambda: asked_for(shop) == 1)
        await asyncio.to_thread(counter.serve)
        return await waiting

    assert asyncio.run(wait()) == TaskResult(ok=3)


def test_a_task_sent_while_someone_listens_needs_no_request_to_be_told(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    first = threads.submit(client.add.send(1, 1).get, SOON_MS)
    eventually(lambda: asked_for(shop) == 1)
    second = client.add.send(2, 2)
    assert asked_for(shop) == 2
    counter.serve()
    assert (first.result(), second.get(SOON_MS)) == (TaskResult(ok=2), TaskResult(ok=4))


def test_several_waiters_of_one_task_get_the_same_result(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    handle = client.add.send(1, 2)
    again = TaskHandle(UUID(handle.task_id), client.app.broker, client.add.definition.results.decode)
    results = [threads.submit(it.get, SOON_MS) for it in (handle, again, handle)]
    eventually(lambda: asked_for(shop) == 1)
    counter.serve()
    assert [result.result() for result in results] == [TaskResult(ok=3)] * 3


def test_many_threads_and_many_coroutines_share_one_listener(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    async def wait(loop_number: int) -> list[TaskResult[int, TaskError]]:
        handles = await client.add.send_many_async([(loop_number, number) for number in range(500)])
        return await asyncio.gather(*(handle.get_async(SOON_MS) for handle in handles))

    in_threads = [threads.submit(client.add.send(number, number).get, SOON_MS) for number in range(20)]
    in_loops = [threads.submit(asyncio.run, wait(loop_number)) for loop_number in range(2)]
    eventually(lambda: asked_for(shop) == 1_020)
    assert len(listeners(shop)) == 1
    counter.serve()
    assert [result.result().unwrap() for result in in_threads] == [2 * number for number in range(20)]
    for loop_number, results in enumerate(in_loops):
        assert [it.unwrap() for it in results.result()] == [loop_number + number for number in range(500)]


def test_a_listener_that_is_cut_off_hears_again_and_misses_nothing(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    first, second = (threads.submit(client.add.send(1, number).get, SOON_MS) for number in (1, 2))
    eventually(lambda: asked_for(shop) == 2)
    (pid,) = listeners(shop)
    # Ends while nobody can hear of it.
    with shop.connection.transaction():
        shop.query("select pg_terminate_backend(%s)", pid)
        counter.serve(1)
    assert first.result() == TaskResult(ok=2)
    (new_pid,) = listeners(shop)
    assert new_pid != pid
    counter.serve()
    assert second.result() == TaskResult(ok=3)


def test_a_get_gives_up_after_its_timeout_and_the_task_goes_on(client: Workshop, counter: Counter) -> None:
    handle = client.add.send(1, 2)
    assert error_of(handle.get(50)) is LibraryErrorCode.WAIT_TIMEOUT
    assert error_of(asyncio.run(handle.get_async(50))) is LibraryErrorCode.WAIT_TIMEOUT
    counter.serve()
    assert handle.get(SOON_MS) == TaskResult(ok=3)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_timeout_of_zero_looks_once_and_opens_no_listener(
    client: Workshop, counter: Counter, shop: Shop, is_async: bool
) -> None:
    handle = client.add.send(1, 2)

    def look() -> TaskResult[int, TaskError]:
        return asyncio.run(handle.get_async(0)) if is_async else handle.get(0)

    assert error_of(look()) is LibraryErrorCode.WAIT_TIMEOUT
    counter.serve()
    assert look() == TaskResult(ok=3)
    assert asked_for(shop) == 0
    assert "horsies-waiting-room" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("timeout_ms", [None, 0, SOON_MS])
def test_a_task_that_is_not_known_is_not_waited_for(client: Workshop, timeout_ms: int | None) -> None:
    handle = TaskHandle(new_task_id(), client.app.broker, client.add.definition.results.decode)
    assert error_of(handle.get(timeout_ms)) is LibraryErrorCode.TASK_NOT_FOUND
    assert error_of(asyncio.run(handle.get_async(timeout_ms))) is LibraryErrorCode.TASK_NOT_FOUND


def test_a_result_is_kept_on_its_handle(client: Workshop, counter: Counter, shop: Shop) -> None:
    handle = client.add.send(1, 2)
    counter.serve()
    result = handle.get(SOON_MS)
    shop.query("drop trigger guard on {schema}.finished")
    shop.query("delete from {schema}.finished")
    assert handle.get(0) is result
    assert asyncio.run(handle.get_async(0)) is result


def test_a_waiter_that_gave_up_is_forgotten_and_the_others_are_not(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    handle = client.add.send(1, 2)
    patient = threads.submit(handle.get, SOON_MS)
    eventually(lambda: asked_for(shop) == 1)
    assert error_of(handle.get(10)) is LibraryErrorCode.WAIT_TIMEOUT
    counter.serve()
    assert patient.result() == TaskResult(ok=3)


def test_a_cancelled_coroutine_leaves_the_other_waiters_alone(client: Workshop, counter: Counter, shop: Shop) -> None:
    async def wait() -> TaskResult[int, TaskError]:
        handle = await client.add.send_async(1, 2)
        impatient, patient = (asyncio.create_task(handle.get_async(SOON_MS)) for _ in range(2))
        await asyncio.to_thread(eventually, lambda: asked_for(shop) == 1)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        await asyncio.to_thread(counter.serve)
        return await patient

    assert asyncio.run(wait()) == TaskResult(ok=3)


@pytest.mark.parametrize("close", [lambda app: app.close(), lambda app: asyncio.run(app.close_async())])
def test_a_handle_from_before_a_close_is_told_of_its_end_after_it(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop, close: Callable[[object], None]
) -> None:
    threads.submit(client.add.send(1, 1).get, 100).result()
    handle = client.add.send(1, 2)
    close(client.app)
    result = threads.submit(handle.get, SOON_MS)
    eventually(lambda: shop.query("select max(cardinality(reply_to)) from {schema}.tasks") == [(2,)])
    counter.serve()
    assert result.result() == TaskResult(ok=3)


def test_whoever_waits_when_the_app_is_closed_is_told_so(
    client: Workshop, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    waiting: Future[TaskResult[int, TaskError]] = threads.submit(client.add.send(1, 2).get)
    eventually(lambda: asked_for(shop) == 1)
    client.app.close()
    assert error_of(waiting.result(10)) is LibraryErrorCode.BROKER_ERROR


def test_a_database_that_is_away_until_the_timeout_is_a_broker_error(closed_port: int) -> None:
    workshop = build(f"postgresql://nobody@127.0.0.1:{closed_port}/nowhere", "horsies", poll_ms=NEVER_MS)
    with workshop.app:
        handle = TaskHandle(new_task_id(), workshop.app.broker, workshop.add.definition.results.decode)
        assert error_of(handle.get(200)) is LibraryErrorCode.BROKER_ERROR
        assert error_of(asyncio.run(handle.get_async(200))) is LibraryErrorCode.BROKER_ERROR


def test_a_result_that_cannot_be_read_says_so(client: Workshop, counter: Counter) -> None:
    handle = client.add.send(1, 2)
    taken = counter.worker.claim(names=["add"])
    assert counter.worker.complete(taken.ids[0], taken.token, '{"ok": "three"}')
    assert error_of(handle.get(SOON_MS)) is LibraryErrorCode.RESULT_NOT_AVAILABLE


def test_a_notification_that_anybody_forged_wakes_nobody_for_good(
    client: Workshop, counter: Counter, threads: ThreadPoolExecutor, shop: Shop
) -> None:
    handle = client.add.send(1, 2)
    result = threads.submit(handle.get, SOON_MS)
    eventually(lambda: asked_for(shop) == 1)
    ((channel,),) = shop.query("select reply_to[1] from {schema}.tasks")
    for payload in (handle.task_id, "nonsense", ""):
        shop.query("select pg_notify(%s, %s)", channel, payload)
    counter.serve()
    assert result.result() == TaskResult(ok=3)
