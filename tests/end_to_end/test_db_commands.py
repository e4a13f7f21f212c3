"""`horsies db`: the schema brought up to date, and shown."""

from __future__ import annotations

from pathlib import Path

from horsies_core.schema import known_version
from tests.support.command_line import horsies
from tests.support.shop import Shop


def test_status_of_a_database_without_tables_says_what_to_do_and_makes_none(
    tmp_path: Path, database_url: str, schema: str
) -> None:
    for _ in range(2):
        told = horsies("db", "status", "--schema", schema, directory=tmp_path, HORSIES_DATABASE_URL=database_url)
        assert "no tables" in told.out
        assert "horsies db migrate" in told.out
        assert told.code == 1


def test_migrate_makes_the_tables_and_repeating_it_changes_nothing(
    tmp_path: Path, database_url: str, schema: str
) -> None:
    where = ("--database-url", database_url, "--schema", schema)
    first = horsies("db", "migrate", *where, directory=tmp_path)
    assert "applied 0001 tasks" in first.out, first.err
    second = horsies("db", "migrate", *where, directory=tmp_path)
    assert second.out == f"schema {schema} is at version {known_version()}, which this horsies works with\n"
    assert (first.code, second.code) == (0, 0)


def test_status_shows_database_schema_version_and_dates(tmp_path: Path, shop: Shop) -> None:
    told = horsies("db", "status", "--database-url", shop.url, "--schema", shop.schema, directory=tmp_path)
    [(name, applied_at)] = shop.query("select name, applied_at from {schema}.migrations order by version limit 1")
    assert f"schema    {shop.schema}" in told.out
    assert f"version   {known_version()} found, {known_version()} known to this horsies" in told.out
    assert f"applied   0001 {name}, {applied_at.astimezone().isoformat(' ', timespec='seconds')}" in told.out
    assert "to do     nothing" in told.out
    assert told.code == 0


def test_status_never_shows_the_password(tmp_path: Path, shop: Shop) -> None:
    told = horsies("db", "status", "--schema", shop.schema, directory=tmp_path, HORSIES_DATABASE_URL=shop.url)
    assert f"{shop.connection.info.dbname} on " in told.out
    assert shop.connection.info.password not in {*told.out.split(), *told.err.split()}
    assert "://" not in told.out


def test_status_of_an_older_schema_says_to_migrate(tmp_path: Path, shop: Shop) -> None:
    shop.query("delete from {schema}.migrations")
    shop.query("insert into {schema}.migrations (version, name) values (0, 'of yore')")
    told = horsies("db", "status", "--schema", shop.schema, directory=tmp_path, HORSIES_DATABASE_URL=shop.url)
    assert "0 found" in told.out
    assert "run `horsies db migrate`" in told.out
    assert told.code == 1


def test_status_of_a_newer_schema_says_to_upgrade(tmp_path: Path, shop: Shop) -> None:
    shop.query("insert into {schema}.migrations (version, name) values (9999, 'to come')")
    told = horsies("db", "status", "--schema", shop.schema, directory=tmp_path, HORSIES_DATABASE_URL=shop.url)
    assert "9999 found" in told.out
    assert "upgrade horsies here" in told.out
    assert told.code == 1


def test_a_locator_names_the_database_and_the_schema_of_its_app(tmp_path: Path, shop: Shop) -> None:
    broker = f"PostgresConfig(database_url={shop.url!r}, schema={shop.schema!r})"
    text = f"from horsies import AppConfig, Horsies, PostgresConfig\napp = Horsies(AppConfig(broker={broker}))\n"
    (tmp_path / "instance.py").write_text(text, encoding="utf-8")
    told = horsies("db", "status", "instance:app", directory=tmp_path)
    assert f"schema    {shop.schema}" in told.out, told.err
    assert told.code == 0
