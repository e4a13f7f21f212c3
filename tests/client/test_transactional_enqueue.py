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
from tests.support.transactions import ASYNC_OPENINGS, OPENINGS, AsyncOpening, Opening
from tests.support.workers import Workers
from tests.support.workshop import Workshop


class ChangeOfMind(Exception):
    """Leaves the block of a transaction, which is rolled back by that."""


@pytest.fixture(params=OPENINGS.values(), ids=[*OPENINGS])
def opening(request: pytest.FixtureRequest) -> Opening:
    return request.param


@pytest.fixture(params=ASYNC_OPENINGS.values(), ids=[*ASYNC_OPENINGS])
def async_opening(request: pytest.FixtureRequest) -> AsyncOpening:
    return request.param


@pytest.fixture
def save_an_order(shop: Shop) -> str:
    """A statement of the caller's own."""
    shop.query("create table {schema}.orders (number int)")
    return f'insert into "{shop.schema}".orders values (1)'


@pytest.fixture
def refusing(shop: Shop) -> Shop:
    """A database that refuses greetings."""
    shop.query("alter table {schema}.tasks add constraint no_greetings check (name <> 'greet')")
    return shop


def saved(shop: Shop) -> tuple[int, int]:
    """How many orders and how many tasks everybody can see."""
    [(orders, tasks)] = shop.query(
        "select (select count(*) from {schema}.orders), (select count(*) from {schema}.tasks)"
    )
    return orders, tasks


def tasks_in(shop: Shop) -> list[str]:
    """The names of the tasks that everybody can see, in the order in which they were sent."""
    return [name for (name,) in shop.query("select name from {schema}.tasks order by seq")]


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


# What goes wrong in the caller's transaction.


def test_an_error_of_the_database_is_a_broker_error_and_a_rollback_makes_the_connection_good_again(
    workshop: Workshop, refusing: Shop, save_an_order: str
) -> None:
    with psycopg.connect(refusing.url) as connection:
        connection.execute(save_an_order.encode())
        with pytest.raises(BrokerError, match="no_greetings") as caught:
            workshop.greet.with_options(connection=connection).send("Ada")
        assert isinstance(caught.value.__cause__, psycopg.errors.CheckViolation)
        assert connection.info.transaction_status is psycopg.pq.TransactionStatus.INERROR
        connection.rollback()
        workshop.add.with_options(connection=connection).send(1, 2)
    assert saved(refusing) == (0, 1)


def test_a_transaction_survives_an_error_that_stayed_within_a_savepoint(
    workshop: Workshop, refusing: Shop, save_an_order: str
) -> None:
    with psycopg.connect(refusing.url) as connection:
        connection.execute(save_an_order.encode())
        with pytest.raises(BrokerError, match="within a savepoint"), connection.transaction():
            workshop.greet.with_options(connection=connection).send("Ada")
    assert saved(refusing) == (1, 0)


def test_an_error_rolls_back_a_transaction_block_that_it_leaves(
    workshop: Workshop, refusing: Shop, save_an_order: str, opening: Opening
) -> None:
    def order() -> None:
        with opening(refusing.url) as transaction:
            transaction.execute(save_an_order)
            workshop.greet.with_options(connection=transaction.connection).send("Ada")

    with pytest.raises(BrokerError, match="no_greetings"):
        order()
    assert saved(refusing) == (0, 0)


def test_an_error_in_async_code_rolls_back_a_transaction_block_that_it_leaves(
    workshop: Workshop, refusing: Shop, save_an_order: str, async_opening: AsyncOpening
) -> None:
    async def order() -> None:
        async with workshop.app, async_opening(refusing.url) as transaction:
            await transaction.execute(save_an_order)
            await workshop.greet.with_options(connection=transaction.connection).send_async("Ada")

    with pytest.raises(BrokerError, match="no_greetings"):
        asyncio.run(order())
    assert saved(refusing) == (0, 0)


def test_a_transaction_that_failed_before_the_send_is_told_so(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        with pytest.raises(BrokerError, match="has failed already"):
            workshop.add.with_options(connection=connection).send(1, 2)


def test_a_conflict_of_transactions_is_not_taken_for_an_unreachable_database(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select 1")
        workshop.add.with_options(idempotency_key="order 1").send(1, 2)
        with pytest.raises(BrokerError, match="answered with an error: could not serialize access"):
            workshop.add.with_options(connection=connection, idempotency_key="order 1").send(1, 2)


def test_a_connection_that_broke_is_a_broker_error_that_names_the_task(workshop: Workshop, shop: Shop) -> None:
    with psycopg.connect(shop.url) as connection:
        shop.query("select pg_terminate_backend(%s)", connection.info.backend_pid)
        with pytest.raises(BrokerError, match="exists only if your transaction commits") as caught:
            workshop.add.with_options(connection=connection).send(1, 2)
        assert len(caught.value.task_ids) == 1


def test_a_connection_to_another_database_is_told_from_the_app_s_own(workshop: Workshop, shop: Shop) -> None:
    workshop.add.send(1, 2)
    shop.query("drop schema {schema} cascade")
    with psycopg.connect(shop.url) as connection, pytest.raises(BrokerError, match="the app's own database"):
        workshop.add.with_options(connection=connection).send(1, 2)
