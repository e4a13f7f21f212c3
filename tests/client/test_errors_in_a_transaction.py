"""What goes wrong on the caller's connection is a BrokerError, and the transaction stays the caller's to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import psycopg
import pytest

from horsies import BrokerError
from tests.support.shop import Shop
from tests.support.transactions import OPENINGS, AsyncOpening, Opening, saved
from tests.support.workshop import Workshop


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


@pytest.mark.parametrize(
    ("opening", "savepoint"),
    [
        (OPENINGS["SQLAlchemy Session"], lambda session: session.begin_nested()),
        (OPENINGS["SQLAlchemy, begin"], lambda connection: connection.begin_nested()),
        (OPENINGS["Django"], lambda _: import_module("django.db").transaction.atomic()),
    ],
    ids=["Session", "Connection", "Django"],
)
def test_the_savepoints_of_libraries_keep_what_was_done_before_the_error(
    workshop: Workshop,
    refusing: Shop,
    save_an_order: str,
    opening: Opening,
    savepoint: Callable[[Any], AbstractContextManager[object]],
) -> None:
    with opening(refusing.url) as transaction:
        transaction.execute(save_an_order)
        with pytest.raises(BrokerError), savepoint(transaction.connection):
            workshop.greet.with_options(connection=transaction.connection).send("Ada")
        workshop.add.with_options(connection=transaction.connection).send(1, 2)
    assert saved(refusing) == (1, 1)


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
