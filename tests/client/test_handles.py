"""Handles: where a task stands, all that is known of it, and what is kept of its result."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from horsies import (
    AppConfig,
    BrokerError,
    ConfigurationError,
    Horsies,
    LibraryErrorCode,
    PostgresConfig,
    TaskError,
    TaskHandle,
    TaskInfo,
    TaskResult,
    TaskStatus,
)
from horsies_core.identifiers import new_task_id
from tests.support.counter import Counter
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.stand_in import StandIn
from tests.support.workshop import Workshop, build

SOON_MS = 20_000

Info = Callable[..., "TaskInfo | None"]
Status = Callable[["TaskHandle[Any]"], "TaskStatus | None"]


@pytest.fixture(params=["sync", "async"])
def status(request: pytest.FixtureRequest) -> Status:
    """Both doors."""
    return TaskHandle.status if request.param == "sync" else lambda handle: asyncio.run(handle.status_async())


@pytest.fixture(params=["sync", "async"])
def info(request: pytest.FixtureRequest) -> Info:
    """Both doors."""
    if request.param == "sync":
        return TaskHandle.info
    return lambda handle, **wanted: asyncio.run(handle.info_async(**wanted))


def told(info: Info, handle: TaskHandle[Any], **wanted: bool) -> TaskInfo:
    known = info(handle, **wanted)
    assert known is not None
    return known


def unknown(client: Workshop) -> TaskHandle[int]:
    return client.app.handle(client.add, new_task_id())


def code_of(result: TaskResult[Any, TaskError]) -> LibraryErrorCode | str | None:
    return result.unwrap_err().error_code


def test_a_task_tells_where_it_stands(client: Workshop, counter: Counter, status: Status) -> None:
    handle = client.add.send(1, 2)
    assert status(handle) is TaskStatus.PENDING
    taken = counter.worker.claim(names=["add"])
    assert status(handle) is TaskStatus.RUNNING
    assert counter.worker.complete(taken.ids[0], taken.token)
    assert status(handle) is TaskStatus.COMPLETED


def test_a_task_that_nobody_knows_stands_nowhere(client: Workshop, status: Status, info: Info) -> None:
    assert status(unknown(client)) is None
    assert info(unknown(client)) is None
    assert not unknown(client).cancel()


def test_info_tells_how_a_task_was_sent(client: Workshop, info: Info) -> None:
    until = datetime(2131, 1, 1, tzinfo=timezone.utc)
    handle = client.add.with_options(priority=3, delay_ms=60_000, good_until=until, timeout_ms=500).send(1, 2)
    known = told(info, handle, include_result=True, include_failed_reason=True)
    assert (known.task_id, known.name, known.queue, known.priority) == (handle.task_id, "add", "default", 3)
    assert (known.status, known.good_until, known.timeout_ms) == (TaskStatus.PENDING, until, 500)
    assert (known.due_at - known.enqueued_at).total_seconds() == 60
    assert (known.result, known.failed_reason, known.error_code) == (None, None, None)


def test_info_tells_the_result_only_if_it_is_asked_to(client: Workshop, counter: Counter, info: Info) -> None:
    handle = client.add.send(1, 2)
    counter.serve()
    assert told(info, handle).result is None
    assert told(info, handle, include_result=True).result == TaskResult(ok=3)
    assert told(info, handle, include_failed_reason=True).failed_reason is None


def test_info_tells_why_a_task_failed_only_if_it_is_asked_to(client: Workshop, shop: Shop, info: Info) -> None:
    handle = client.add.send(1, 2)
    worker = StandIn.arrive(shop)
    taken = worker.claim(names=["add"])
    error = TaskError(error_code="NO_STOCK", message="nothing left")
    result = client.add.definition.results.encode(TaskResult(err=error))
    assert worker.fail(taken.ids[0], taken.token, "NO_STOCK", result)
    known = told(info, handle)
    assert (known.status, known.error_code, known.failed_reason) == (TaskStatus.FAILED, "NO_STOCK", None)
    assert told(info, handle, include_failed_reason=True).failed_reason == "NO_STOCK: nothing left"
    assert told(info, handle, include_failed_reason=True).result is None


def test_info_tells_attempts_with_the_worker_of_each(client: Workshop, shop: Shop, info: Info) -> None:
    handle = client.add.send(1, 2)
    worker = StandIn.arrive(shop)
    taken = worker.claim(names=["add"])
    assert worker.retry(taken.ids[0], taken.token)
    (attempt,) = told(info, handle).attempts
    assert (attempt.number, attempt.worker, attempt.error_code) == (1, str(worker.incarnation), "TIMEOUT")


def test_info_of_a_result_that_cannot_be_read_is_info_all_the_same(
    client: Workshop, counter: Counter, info: Info
) -> None:
    handle = client.add.send(1, 2)
    taken = counter.worker.claim(names=["add"])
    assert counter.worker.complete(taken.ids[0], taken.token, '{"ok": "three"}')
    known = told(info, handle, include_result=True, include_failed_reason=True)
    assert known.status is TaskStatus.COMPLETED
    assert known.result is not None
    assert code_of(known.result) is LibraryErrorCode.RESULT_NOT_AVAILABLE


@pytest.mark.parametrize("kind", [str, uuid.UUID])
def test_a_handle_is_made_from_an_id_that_was_kept_elsewhere(
    client: Workshop, counter: Counter, kind: Callable[[str], Any]
) -> None:
    task_id = client.add.send(1, 2).task_id
    handle = client.app.handle(client.add, kind(task_id))
    assert handle.task_id == task_id
    counter.serve()
    assert handle.get(SOON_MS) == TaskResult(ok=3)


@pytest.mark.parametrize("nonsense", ["", "7", "not-a-uuid", None, 7])
def test_an_id_that_cannot_be_one_is_refused(client: Workshop, nonsense: Any) -> None:
    with pytest.raises(ConfigurationError, match="no uuid"):
        client.app.handle(client.add, nonsense)


def test_a_timeout_is_not_kept(client: Workshop, counter: Counter) -> None:
    handle = client.add.send(1, 2)
    assert code_of(handle.get(0)) is LibraryErrorCode.WAIT_TIMEOUT
    assert code_of(handle.get(20)) is LibraryErrorCode.WAIT_TIMEOUT
    # The request to be told may hold the row for a moment more: a claim passes over it.
    eventually(counter.serve)
    assert handle.get(0) == TaskResult(ok=3)


def test_a_task_that_was_not_found_is_looked_for_again(client: Workshop, counter: Counter) -> None:
    handle = unknown(client)
    assert code_of(handle.get(SOON_MS)) is LibraryErrorCode.TASK_NOT_FOUND
    client.add.with_options(task_id=handle.task_id).send(1, 2)
    counter.serve()
    assert handle.get(SOON_MS) == TaskResult(ok=3)


def test_a_result_that_cannot_be_read_is_not_kept(client: Workshop, counter: Counter, shop: Shop) -> None:
    handle = client.add.send(1, 2)
    taken = counter.worker.claim(names=["add"])
    assert counter.worker.complete(taken.ids[0], taken.token, '{"ok": "three"}')
    assert code_of(handle.get(0)) is LibraryErrorCode.RESULT_NOT_AVAILABLE
    shop.query("drop trigger guard on {schema}.finished")
    shop.query("""update {schema}.finished set result = '{"ok": 3}'""")
    assert handle.get(0) == TaskResult(ok=3)


@pytest.mark.parametrize("failure", [TaskError("NO_STOCK"), TaskError(LibraryErrorCode.TASK_TIMEOUT)])
def test_an_error_of_the_task_is_final_and_kept(
    client: Workshop, counter: Counter, shop: Shop, failure: TaskError
) -> None:
    handle = client.add.send(1, 2)
    taken = counter.worker.claim(names=["add"])
    encoded = client.add.definition.results.encode(TaskResult(err=failure))
    assert counter.worker.fail(taken.ids[0], taken.token, "NO_STOCK", encoded)
    result = handle.get(SOON_MS)
    assert result.unwrap_err().error_code == failure.error_code
    shop.query("drop trigger guard on {schema}.finished")
    shop.query("delete from {schema}.finished")
    assert handle.get(0) is result


def test_a_database_out_of_reach_is_said_and_not_kept(shop: Shop, closed_port: int) -> None:
    away = build(f"postgresql://nobody@127.0.0.1:{closed_port}/nowhere?connect_timeout=2", "horsies")
    with away.app:
        handle = away.app.handle(away.add, new_task_id())
        assert code_of(handle.get(200)) is LibraryErrorCode.BROKER_ERROR
        assert handle.known_result is None


def test_what_needs_the_database_says_so_when_it_is_away(closed_port: int) -> None:
    url = f"postgresql://nobody@127.0.0.1:{closed_port}/nowhere"
    with Horsies(AppConfig(broker=PostgresConfig(database_url=url, pool_timeout=0.2))) as app:

        @app.task("double")
        def double(number: int) -> TaskResult[int, TaskError]:
            return TaskResult(ok=2 * number)

        handle = app.handle(double, new_task_id())
        for ask in (handle.status, handle.info, handle.cancel):
            with pytest.raises(BrokerError):
                ask()
        assert code_of(handle.get(0)) is LibraryErrorCode.BROKER_ERROR
