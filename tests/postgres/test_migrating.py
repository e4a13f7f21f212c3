"""The schema: made once, by one, and recognised."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from threading import Barrier
from typing import Any, TypeAlias

import psycopg
import pytest

from horsies import ConfigurationError, PostgresConfig
from horsies_client.postgres.sync_runner import run
from horsies_core.plans.migrating import applied_migrations, ensure_schema, migrate
from horsies_core.schema import known_version, migrations
from tests.support.at_once import at_once

Connect: TypeAlias = Callable[[], psycopg.Connection[Any]]


@pytest.fixture
def connect(database_url: str) -> Generator[Connect]:
    opened: list[psycopg.Connection[Any]] = []

    def connect() -> psycopg.Connection[Any]:
        opened.append(psycopg.connect(database_url, autocommit=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def relations(connection: psycopg.Connection[Any], schema: str) -> dict[str, str]:
    rows = connection.execute(
        "select relname, relkind from pg_class join pg_namespace as n on n.oid = relnamespace where nspname = %s",
        [schema],
    )
    return {name: kind if isinstance(kind, str) else kind.decode() for name, kind in rows}


def test_an_empty_database_gets_everything(connect: Connect, schema: str) -> None:
    connection = connect()
    applied = run(migrate(schema), connection, schema)
    assert [it.version for it in applied] == [it.version for it in migrations()]
    made = relations(connection, schema)
    assert {"tasks", "attempts", "workers", "migrations", "finished_default"} <= {
        n for n, k in made.items() if k == "r"
    }
    assert made["finished"] == "p"
    assert made["all_tasks"] == "v"
    assert {"tasks_claim_order", "tasks_due_later", "tasks_held", "finished_id"} <= made.keys()


def test_what_was_applied_is_recorded_with_its_time(connect: Connect, schema: str) -> None:
    connection = connect()
    run(migrate(schema), connection, schema)
    recorded = run(applied_migrations(schema), connection, schema)
    assert [(it.version, it.name) for it in recorded] == [(it.version, it.name) for it in migrations()]
    assert all(it.applied_at.tzinfo for it in recorded)


def test_migrating_twice_changes_nothing_the_second_time(connect: Connect, schema: str) -> None:
    connection = connect()
    run(migrate(schema), connection, schema)
    before = relations(connection, schema)
    assert run(migrate(schema), connection, schema) == []
    assert relations(connection, schema) == before


def test_of_two_migrators_at_once_one_applies_and_the_other_finds_it_done(connect: Connect, schema: str) -> None:
    barrier = Barrier(2)

    def one_of_them() -> Sequence[Any]:
        connection = connect()
        barrier.wait(10)
        return run(migrate(schema), connection, schema)

    applied = at_once([one_of_them, one_of_them])
    assert sorted(len(it) for it in applied) == [0, len(migrations())]


def test_a_migrator_that_dies_leaves_nothing_behind(connect: Connect, schema: str) -> None:
    connection = connect()
    connection.execute("begin")
    run(migrate(schema), connection, schema)
    connection.execute("rollback")
    assert relations(connection, schema) == {}
    assert run(migrate(schema), connection, schema)


def test_the_first_use_makes_the_schema_and_every_later_one_finds_it(connect: Connect, schema: str) -> None:
    connection = connect()
    assert run(applied_migrations(schema), connection, schema) == ()
    assert run(ensure_schema(schema), connection, schema) == known_version()
    assert run(ensure_schema(schema), connection, schema) == known_version()


def test_many_first_uses_at_once_make_one_schema(connect: Connect, schema: str) -> None:
    barrier = Barrier(4)

    def first_use() -> int:
        connection = connect()
        barrier.wait(10)
        return run(ensure_schema(schema), connection, schema)

    assert at_once([first_use] * 4) == [known_version()] * 4


def test_a_newer_schema_is_reported_and_left_alone(connect: Connect, schema: str) -> None:
    connection = connect()
    run(migrate(schema), connection, schema)
    connection.execute(f"insert into \"{schema}\".migrations (version, name) values (999, 'future')".encode())
    assert run(ensure_schema(schema), connection, schema) == 999
    assert run(migrate(schema), connection, schema) == []


def test_two_schemas_of_one_database_know_nothing_of_each_other(connect: Connect, schema: str) -> None:
    connection = connect()
    other = f"{schema}_b"
    try:
        run(migrate(schema), connection, schema)
        assert run(migrate(other), connection, other)
        assert relations(connection, schema).keys() == relations(connection, other).keys()
    finally:
        connection.execute(f'drop schema "{other}" cascade'.encode())


@pytest.mark.parametrize(
    "name", ['shop"; drop table tasks; --', "Shop", "shop-1", "größe", "1shop", "", "a b", "x" * 49, "tasks\x00"]
)
def test_a_name_that_would_need_quoting_is_refused_before_it_reaches_any_statement(name: str) -> None:
    with pytest.raises(ConfigurationError, match="schema"):
        PostgresConfig(schema=name)


@pytest.mark.parametrize("name", ["select", "user", "_", "table"])
def test_a_word_of_sql_is_a_schema_like_any_other(connect: Connect, name: str) -> None:
    assert PostgresConfig(schema=name).schema == name
    connection = connect()
    # In a transaction that is undone: these names are not this test's alone.
    connection.execute("begin")
    assert run(migrate(name), connection, name)
    connection.execute("rollback")
