"""The connections of a client: none before the first use, few in use, none after the close."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Generator
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from horsies import AppConfig, BrokerError, Horsies, PostgresConfig, Task, TaskError, TaskResult
from horsies_core.plans.migrating import migrate
from tests.support.at_once import at_once
from tests.support.eventually import eventually
from tests.support.shop import Shop


class Named:
    """An app whose connections bear the test's name, so that they can be counted on a server that others use too."""

    def __init__(self, shop: Shop, **options: Any) -> None:
        self.shop = shop
        url = f"{shop.url}{'&' if '?' in shop.url else '?'}application_name={shop.schema}"
        self.app = Horsies(AppConfig(broker=PostgresConfig(database_url=url, schema=shop.schema, **options)))
        self.double = self._define()

    def _define(self) -> Task[[int], int]:
        @self.app.task("double")
        def double(number: int) -> TaskResult[int, TaskError]:
            return TaskResult(ok=2 * number)

        return double

    def connections(self) -> int:
        """How many connections of the app the server knows of."""
        rows = self.shop.query("select count(*) from pg_stat_activity where application_name = %s", self.shop.schema)
        return rows[0][0]

    def tasks(self) -> int:
        """How many tasks are recorded."""
        return self.shop.query("select count(*) from {schema}.tasks")[0][0]


@pytest.fixture
def named(shop: Shop) -> Generator[Named]:
    named = Named(shop)
    with named.app:
        yield named


def threads_of_ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("horsies")]


def open_files() -> int:
    """How many files this process has open that no garbage holds."""
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


def test_an_app_that_was_only_defined_has_no_connection_and_no_thread(named: Named) -> None:
    assert named.app.list_tasks() == ["double"]
    assert named.double(4) == TaskResult(ok=8)
    assert named.connections() == 0
    assert threads_of_ours() == []


def test_one_thread_that_sends_needs_one_connection(named: Named) -> None:
    for number in range(20):
        named.double.send(number)
    assert named.connections() == 1
    assert named.tasks() == 20


def test_coroutines_that_send_at_once_stay_within_the_pool(shop: Shop) -> None:
    named = Named(shop, pool_size=2, max_overflow=1)

    async def send_many() -> int:
        async with named.app:
            await asyncio.gather(*(named.double.send_async(number) for number in range(100)))
            return named.connections()

    assert 1 <= asyncio.run(send_many()) <= 3
    assert named.tasks() == 100


def test_threads_that_send_at_once_stay_within_the_pool(shop: Shop) -> None:
    named = Named(shop, pool_size=2, max_overflow=1)
    barrier = Barrier(12)

    def send() -> None:
        barrier.wait(10)
        for number in range(5):
            named.double.send(number)

    with named.app:
        at_once([send] * 12)
        assert 1 <= named.connections() <= 3
    assert named.tasks() == 60


def test_after_a_close_no_connection_and_no_thread_is_left(named: Named) -> None:
    named.double.send(1).get(1)
    named.app.close()
    eventually(lambda: named.connections() == 0)
    assert threads_of_ours() == []


def test_after_an_async_close_no_connection_and_no_thread_is_left(named: Named) -> None:
    async def use_and_close() -> None:
        async with named.app:
            await (await named.double.send_async(1)).get_async(1)
            named.double.send(2)

    asyncio.run(use_and_close())
    eventually(lambda: named.connections() == 0)
    assert threads_of_ours() == []


def test_an_app_can_be_closed_before_it_was_used_twice_and_used_again_after(named: Named) -> None:
    named.app.close()
    named.app.close()
    named.double.send(1)
    named.app.close()
    asyncio.run(named.app.close_async())
    named.double.send(2)
    assert named.tasks() == 2


def test_one_event_loop_after_another_can_use_the_app(named: Named) -> None:
    async def send() -> None:
        async with named.app:
            await named.double.send_async(1)

    for _ in range(3):
        asyncio.run(send())
    assert named.tasks() == 3
    eventually(lambda: named.connections() == 0)


def test_uses_and_closes_leave_no_open_file_behind(named: Named) -> None:
    def use_and_close() -> None:
        named.double.send(1).get(1)
        named.app.close()

    use_and_close()
    before = open_files()
    for _ in range(5):
        use_and_close()
    assert open_files() <= before


def test_a_connection_that_the_server_closed_while_idle_costs_no_send(named: Named) -> None:
    named.double.send(1)
    named.shop.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s", named.shop.schema
    )
    eventually(lambda: named.connections() == 0)
    named.double.send(2)
    assert named.tasks() == 2


def test_the_first_use_makes_the_schema(database_url: str, schema: str, shop: Shop) -> None:
    shop.query("drop schema {schema} cascade")
    named = Named(shop)
    with named.app:
        named.double.send(1)
        assert named.tasks() == 1


@pytest.mark.parametrize(("version", "way_out"), [(999, "upgrade horsies"), (0, "horsies db migrate")])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_schema_of_another_version_is_refused_with_the_way_out(
    shop: Shop, version: int, way_out: str, is_async: bool
) -> None:
    shop.query(
        "update {schema}.migrations set version = %s where version = (select max(version) from {schema}.migrations)",
        version,
    )
    shop.query("delete from {schema}.migrations where version > 0 and version < 999 and %s = 0", version)
    named = Named(shop)
    with named.app, pytest.raises(BrokerError, match=way_out):
        asyncio.run(named.double.send_async(1)) if is_async else named.double.send(1)
    assert named.tasks() == 0


def test_a_role_that_may_not_use_the_schema_is_told_what_it_needs(named: Named) -> None:
    shop = named.shop
    role = f"{shop.schema}_guest"
    shop.query(f"create role {role} login password 'guest'")
    try:
        address = shop.url.rpartition("@")[2]
        url = f"postgresql://{role}:guest@{address}"
        app = Horsies(AppConfig(broker=PostgresConfig(database_url=url, schema=shop.schema)))
        with app, pytest.raises(BrokerError, match="grant"):
            app.broker.run(migrate(shop.schema))
    finally:
        shop.query(f"drop role {role}")


# Python 3.12 and newer warn of any fork of a process with threads; that ours do no harm is what this shows.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_leaves_the_connections_of_its_parent_alone(named: Named) -> None:
    named.double.send(1).get(1)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            named.double.send(2).get(1)
            named.app.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    named.double.send(3)
    assert named.tasks() == 3
