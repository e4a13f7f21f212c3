"""Sending on the caller's own connection: the task exists if and only if the caller's transaction commits."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import psycopg
import pytest

from horsies import BrokerError, LibraryErrorCode, TaskHandle, TaskResult
from horsies_core.channels import work_channel
from tests.support.radio import Radio
from tests.support.shop import Shop
from tests.support.transactions import AsyncOpening, Opening, saved, tasks_in
from tests.support.workers import Workers
from tests.support.workshop import Workshop


class ChangeOfMind(Exception):
    """Leaves the block of a transaction, which is rolled back by that."""


# Both or neither, in every library.


def test_a_commit_records_the_task_with_what_else_the_transaction_did(
    workshop: Workshop, shop: Shop, save_an_order: str, opening: Opening
) -> None:
    with opening(shop.url) as transaction:
        transaction.execute(save_an_order)
        handle = workshop.add.with_options(connection=transaction.connection).send(1, 2)
        assert saved(shop) == (0, 0)
    assert saved(shop) == (1, 1)
    assert shop.row(handle.task_id)["name"] == "add"


def test_a_transaction_that_did_nothing_but_send_is_committed_as_well(
    workshop: Workshop, shop: Shop, opening: Opening
) -> None:
    with opening(shop.url) as transaction:
        workshop.add.with_options(connection=transaction.connection).send(1, 2)
        assert tasks_in(shop) == []
    assert tasks_in(shop) == ["add"]


def test_a_rollback_leaves_neither_the_task_nor_what_else_the_transaction_did(
    workshop: Workshop, shop: Shop, save_an_order: str, opening: Opening
) -> None:
    def order() -> None:
        with opening(shop.url) as transaction:
            workshop.add.with_options(connection=transaction.connection).send(1, 2)
            transaction.execute(save_an_order)
            raise ChangeOfMind

    with pytest.raises(ChangeOfMind):
        order()
    assert saved(shop) == (0, 0)


def test_a_key_finds_its_task_whatever_rows_the_connection_makes(
    workshop: Workshop, shop: Shop, opening: Opening
) -> None:
    with opening(shop.url) as transaction:
        sender = workshop.add.with_options(connection=transaction.connection, idempotency_key="order 1")
        assert sender.send(1, 2).task_id == sender.send(1, 2).task_id
    assert tasks_in(shop) == ["add"]


def test_a_commit_in_async_code_records_the_task_with_what_else_the_transaction_did(
    workshop: Workshop, shop: Shop, save_an_order: str, async_opening: AsyncOpening
) -> None:
    async def order() -> TaskHandle[int]:
        async with workshop.app, async_opening(shop.url) as transaction:
            await transaction.execute(save_an_order)
            handle = await workshop.add.with_options(connection=transaction.connection).send_async(1, 2)
            assert saved(shop) == (0, 0)
        return handle

    handle = asyncio.run(order())
    assert saved(shop) == (1, 1)
    assert shop.row(handle.task_id)["name"] == "add"


def test_a_transaction_in_async_code_that_did_nothing_but_send_is_committed_as_well(
    workshop: Workshop, shop: Shop, async_opening: AsyncOpening
) -> None:
    async def order() -> None:
        async with workshop.app, async_opening(shop.url) as transaction:
            await workshop.add.with_options(connection=transaction.connection).send_async(1, 2)
            assert tasks_in(shop) == []

    asyncio.run(order())
    assert tasks_in(shop) == ["add"]


def test_a_rollback_in_async_code_leaves_neither_the_task_nor_what_else_the_transaction_did(
    workshop: Workshop, shop: Shop, save_an_order: str, async_opening: AsyncOpening
) -> None:
    async def order() -> None:
        async with workshop.app, async_opening(shop.url) as transaction:
            await workshop.add.with_options(connection=transaction.connection).send_async(1, 2)
            await transaction.execute(save_an_order)
            raise ChangeOfMind

    with pytest.raises(ChangeOfMind):
        asyncio.run(order())
    assert saved(shop) == (0, 0)


# Of one transaction, whatever the library.


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_sends_with_it(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        workshop.add.with_options(connection=connection).send(1, 2)
        with connection.transaction() as savepoint:
            workshop.greet.with_options(connection=connection).send("Ada")
            raise psycopg.Rollback(savepoint)
    assert tasks_in(shop) == ["add"]


def test_a_send_on_an_autocommit_connection_is_there_at_once(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url, autocommit=True) as connection:
        workshop.add.with_options(connection=connection).send(1, 2)
        assert tasks_in(shop) == ["add"]


def test_a_scheduled_task_waits_for_the_commit_like_any_other(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        handle = workshop.add.with_options(connection=connection).schedule(60, 1, 2)
        assert tasks_in(shop) == []
    row = shop.row(handle.task_id)
    assert (row["due_at"] - row["enqueued_at"]).total_seconds() == 60


def test_a_key_that_was_taken_in_a_transaction_that_rolled_back_is_free_again(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        workshop.add.with_options(connection=connection, idempotency_key="order 1").send(1, 2)
        connection.rollback()
    assert workshop.add.with_options(idempotency_key="order 1").send(1, 2).status() is not None
    assert tasks_in(shop) == ["add"]


def test_only_the_caller_s_libraries_are_loaded(shop: Shop) -> None:
    """Recognising an SQLAlchemy session does not take SQLAlchemy, nor Django's connection Django."""
    program = """
import sys
import psycopg
from tests.support.workshop import build

workshop = build(*sys.argv[1:])
with workshop.app, psycopg.connect(sys.argv[1]) as connection:
    workshop.add.with_options(connection=connection).send(1, 2)
print(*{"django", "sqlalchemy"} & set(sys.modules))
"""
    command = [sys.executable, "-c", program, shop.url, shop.schema]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"
    assert tasks_in(shop) == ["add"]


# Many at once.


def test_many_of_one_task_wait_for_the_commit(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        workshop.add.with_options(connection=connection).send_many([(1, 2), workshop.add.call(3, 4)])
        assert tasks_in(shop) == []
        connection.commit()
        assert tasks_in(shop) == ["add", "add"]


def test_many_of_several_tasks_wait_for_the_commit(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        add = workshop.add.with_options(connection=connection)
        greet = workshop.greet.with_options(connection=connection)
        workshop.app.send_many([add.call(1, 2), greet.call("Ada")])
        assert tasks_in(shop) == []
        connection.commit()
        assert tasks_in(shop) == ["add", "greet"]


def test_many_wait_for_the_commit_in_async_code(workshop: Workshop, shop: Shop) -> None:
    async def send() -> None:
        async with workshop.app, await psycopg.AsyncConnection.connect(shop.url) as connection:
            add = workshop.add.with_options(connection=connection)
            greet = workshop.greet.with_options(connection=connection)
            await add.send_many_async([(1, 2), (3, 4)])
            await workshop.app.send_many_async([add.call(1, 2), greet.call("Ada")])
            assert tasks_in(shop) == []

    asyncio.run(send())
    assert tasks_in(shop) == ["add", "add", "add", "greet"]


def test_the_connection_that_a_call_was_made_with_is_not_forgotten(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        workshop.add.send_many([workshop.add.with_options(connection=connection).call(1, 2)])
        assert tasks_in(shop) == []
        connection.rollback()
    assert tasks_in(shop) == []


def test_many_on_an_autocommit_connection_are_all_or_none(workshop: Workshop, refusing: Shop) -> None:
    shop = refusing
    with psycopg.connect(shop.url, autocommit=True) as connection:
        add = workshop.add.with_options(connection=connection)
        greet = workshop.greet.with_options(connection=connection)
        with pytest.raises(BrokerError, match="no_greetings"):
            workshop.app.send_many([add.call(1, 2), greet.call("Ada")])
        assert tasks_in(shop) == []
        add.send_many([(1, 2), (3, 4)])
        assert tasks_in(shop) == ["add", "add"]


# The result, and who hears of the task when.


def test_before_the_commit_there_is_no_such_task_and_that_is_not_remembered(
    workshop: Workshop, workers: Workers, shop: Shop
) -> None:
    workers.start(processes=1)
    with psycopg.connect(shop.url) as connection:
        handle = workshop.add.with_options(connection=connection).send(1, 2)
        for timeout_ms in (0, 5_000):
            assert handle.get(timeout_ms).unwrap_err().error_code is LibraryErrorCode.TASK_NOT_FOUND
        assert handle.status() is None
        connection.commit()
        assert handle.get(20_000) == TaskResult(ok=3)


def test_after_a_rollback_there_is_no_such_task(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        handle = workshop.add.with_options(connection=connection).send(1, 2)
        connection.rollback()
        assert handle.get(5_000).unwrap_err().error_code is LibraryErrorCode.TASK_NOT_FOUND


def test_workers_hear_of_the_task_with_the_commit_and_not_before(
    workshop: Workshop, workers: Workers, shop: Shop
) -> None:
    # A worker that polls too seldom to find anything by itself within this test.
    workers.start(processes=1, WORKSHOP_POLL_MS="600000")
    with Radio.tuned_to(shop, work_channel(shop.schema)) as radio, psycopg.connect(shop.url) as connection:
        handle = workshop.add.with_options(connection=connection).send(1, 2)
        assert radio.heard() == []
        connection.commit()
        assert radio.heard() == [""]
    assert handle.get(20_000) == TaskResult(ok=3)
