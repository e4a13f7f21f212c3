"""The inline worker runs what is pending, here and now, as a worker would."""

from __future__ import annotations

import asyncio
import gc
import os
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from horsies import AppConfig, Horsies, PostgresConfig, TaskStatus
from horsies.testing import InlineWorker, bound
from tests.testing_plugin import an_app


def test_a_task_is_run_by_drain_and_not_before(horsies_inline: InlineWorker) -> None:
    handle = an_app.add.send(1, 2)
    assert handle.status() is TaskStatus.PENDING
    (ran,) = horsies_inline.drain()
    assert (ran.task_id, ran.name, ran.attempt, ran.status) == (handle.task_id, "add", 1, TaskStatus.COMPLETED)
    assert ran.result.unwrap() == 3
    assert handle.get(0).unwrap() == 3


def test_nothing_pending_is_nothing_to_run(horsies_inline: InlineWorker) -> None:
    assert horsies_inline.drain() == []


def test_tasks_run_in_the_tests_own_process(horsies_inline: InlineWorker) -> None:
    handle = an_app.my_pid.send()
    horsies_inline.drain()
    assert handle.get(0).unwrap() == os.getpid()


def test_coroutines_are_run_too(horsies_inline: InlineWorker) -> None:
    handle = an_app.add_slowly.send(1, 2)
    horsies_inline.drain()
    assert handle.get(0).unwrap() == 3


def test_tasks_run_in_the_order_of_their_priority(horsies_inline: InlineWorker) -> None:
    later = an_app.add.send(0, 0)
    sooner = an_app.add.with_options(priority=1).send(0, 0)
    assert [ran.task_id for ran in horsies_inline.drain()] == [sooner.task_id, later.task_id]


@pytest.mark.parametrize("task", [an_app.count_down, an_app.count_down_async])
def test_tasks_that_tasks_send_are_run_in_the_same_drain(horsies_inline: InlineWorker, task) -> None:
    task.send(3)
    assert [ran.result.unwrap() for ran in horsies_inline.drain()] == [3, 2, 1, 0]


def test_tasks_that_send_themselves_for_ever_end_in_an_error(horsies_inline: InlineWorker) -> None:
    an_app.endless.send()
    with pytest.raises(RuntimeError, match="not idle after 10 attempts: does a task send itself"):
        horsies_inline.drain(at_most=10)


def test_an_exception_is_a_result(horsies_inline: InlineWorker) -> None:
    handle = an_app.fail.send()
    (ran,) = horsies_inline.drain()
    assert ran.status is TaskStatus.FAILED
    assert handle.get(0).unwrap_err().error_code == "UNHANDLED_EXCEPTION"


def test_a_retry_waits_for_its_time(horsies_inline: InlineWorker) -> None:
    handle = an_app.fail_twice.send()
    (ran,) = horsies_inline.drain()
    assert (ran.status, ran.result.unwrap_err().error_code) == (TaskStatus.PENDING, "NOT_YET")
    assert horsies_inline.drain() == []
    assert handle.get(0).unwrap_err().error_code == "WAIT_TIMEOUT"


def test_delayed_tasks_and_retries_can_be_run_without_waiting_in_the_order_of_their_times(
    horsies_inline: InlineWorker,
) -> None:
    an_app.fail_twice.send()
    an_app.add.schedule(600, 0, 0)
    an_app.add_slowly.with_options(run_at=datetime.now(timezone.utc) + timedelta(days=300)).send(0, 0)
    ran = horsies_inline.drain(include_delayed=True)
    assert [(one.name, one.attempt) for one in ran] == [
        ("fail_twice", 1),
        ("fail_twice", 2),
        ("add", 1),
        ("fail_twice", 3),
        ("add_slowly", 1),
    ]


def test_delayed_tasks_stay_where_they_are_otherwise(horsies_inline: InlineWorker) -> None:
    handle = an_app.add.schedule(600, 0, 0)
    assert horsies_inline.drain() == []
    assert handle.status() is TaskStatus.PENDING


def test_a_task_whose_time_is_over_expires(horsies_inline: InlineWorker) -> None:
    handle = an_app.add.with_options(good_until=an_app.LONG_AGO).send(0, 0)
    assert horsies_inline.drain() == []
    assert handle.get(0).unwrap_err().error_code == "TASK_EXPIRED"


def test_a_delayed_task_that_will_expire_before_its_time_is_not_run(horsies_inline: InlineWorker) -> None:
    soon = datetime.now(timezone.utc) + timedelta(minutes=5)
    handle = an_app.add.with_options(delay_ms=600_000, good_until=soon).send(0, 0)
    assert horsies_inline.drain(include_delayed=True) == []
    assert handle.status() is TaskStatus.PENDING


@pytest.mark.parametrize("task", [an_app.linger, an_app.linger_async])
def test_a_task_is_asked_to_stop_at_its_limit_and_ends_as_timed_out(horsies_inline: InlineWorker, task) -> None:
    handle = task.send()
    (ran,) = horsies_inline.drain()
    assert ran.status is TaskStatus.FAILED
    assert handle.get(0).unwrap_err().error_code == "TASK_TIMEOUT"


@pytest.mark.parametrize("task", [an_app.cancel_itself, an_app.cancel_itself_and_fail])
def test_a_task_cancelled_while_it_runs_ends_cancelled(horsies_inline: InlineWorker, task) -> None:
    handle = task.send()
    (ran,) = horsies_inline.drain()
    assert ran.status is TaskStatus.CANCELLED
    assert handle.get(0).unwrap_err().error_code == "TASK_CANCELLED"


def test_a_task_may_not_drain(horsies_inline: InlineWorker) -> None:
    an_app.WITHIN.append(horsies_inline.drain)
    an_app.call_within.send()
    (ran,) = horsies_inline.drain()
    assert "drain() is running already" in str(ran.result.unwrap_err().message)


def test_in_a_coroutine_drain_is_awaited(horsies_inline: InlineWorker) -> None:
    async def test() -> None:
        async with an_app.app:
            handle = await an_app.add_slowly.send_async(1, 2)
            with pytest.raises(RuntimeError, match="await drain_async"):
                horsies_inline.drain()
            (ran,) = await horsies_inline.drain_async()
            assert ran.result == await handle.get_async(0)

    asyncio.run(test())


def test_an_async_test_may_leave_the_app_open(horsies_inline: InlineWorker) -> None:
    """Its pool dies with its event loop, without a warning."""

    async def test() -> None:
        handle = await an_app.add_slowly.send_async(1, 2)
        await horsies_inline.drain_async()
        assert (await handle.get_async(0)).unwrap() == 3

    asyncio.run(test())
    gc.collect()


def test_an_app_is_bound_to_a_new_schema_and_then_back(database_url: str) -> None:
    with bound(an_app.app, database_url) as app:
        assert app is an_app.app
        first = app.config.broker.schema
        handle = an_app.add.send(1, 2)
        with bound(app, database_url):
            assert app.config.broker.schema not in (first, "production")
            assert handle.status() is None
        assert handle.status() is TaskStatus.PENDING
    assert an_app.app.config.broker == PostgresConfig(database_url=an_app.ELSEWHERE, schema="production")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select from pg_namespace where nspname = %s", [first]).fetchall() == []


def test_an_app_is_bound_in_its_own_database_if_no_other_is_named(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORSIES_DATABASE_URL", database_url)
    app = Horsies(AppConfig())
    with bound(app):
        assert conninfo_to_dict(str(app.config.broker.database_url)) == (conninfo_to_dict(database_url))
        assert app.config.broker.schema.startswith("test_")
    assert app.config.broker == PostgresConfig()
