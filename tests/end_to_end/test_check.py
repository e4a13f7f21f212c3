"""`horsies check`: every fault of an app at once, without running it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from horsies_core.plans.checking import NEEDED
from tests.support.command_line import Finished, clean_environment, horsies
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import build

APP = "from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult\n"
GOOD_TASK = "@app.task('{0}')\ndef {0}(a: int) -> TaskResult[int, TaskError]:\n    return TaskResult(ok=a)\n"
BAD_TASK = "@app.task('{0}', priority=500)\ndef {0}(a: int):\n    return TaskResult(ok=a)\n"
IMPORTS = f"{APP}from instance import app\n"


def write(directory: Path, **modules: str) -> None:
    for name, text in modules.items():
        (directory / f"{name}.py").write_text(text, encoding="utf-8")


def app_with(*modules: str) -> str:
    return f"{APP}app = Horsies(AppConfig())\napp.discover_tasks({list(modules)!r})\n"


def app_on(shop: Shop) -> str:
    broker = f"PostgresConfig(database_url={shop.url!r}, schema={shop.schema!r})"
    return f"{APP}app = Horsies(AppConfig(broker={broker}))\n"


def check(directory: Path, *more: str, locator: str = "instance:app", **environment: str) -> Finished:
    return horsies("check", locator, *more, directory=directory, **environment)


# --- what is found


def test_an_app_without_faults_is_summed_up(tmp_path: Path) -> None:
    tasks = GOOD_TASK.format("add") + "@app.task('nap')\nasync def nap() -> TaskResult[None, TaskError]: ...\n"
    write(tmp_path, instance=app_with("mails", "jobs.py"), mails=IMPORTS + tasks, jobs=IMPORTS)
    told = check(tmp_path)
    assert told.out.splitlines() == [
        "app       instance.py:2",
        "modules   mails, jobs.py",
        "queues    default (2 of the tasks)",
        "tasks     2: 1 functions, 1 coroutines",
        "          add, nap",
        "no faults found",
    ]
    assert (told.code, told.err) == (0, "")


def test_every_module_with_a_fault_is_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        instance=app_with("mails", "nowhere", "jobs", "good", "late"),
        mails="import a_package_that_is_not_there\n",
        jobs=IMPORTS + BAD_TASK.format("add") + BAD_TASK.format("nap"),
        good=IMPORTS + GOOD_TASK.format("greet"),
        late=f"{IMPORTS}1 / 0\n",
    )
    told = check(tmp_path)
    for words in (
        "error: module 'mails' cannot be imported: ModuleNotFoundError: No module named 'a_package_that_is_not_there'",
        "discover_tasks lists 'nowhere', and there is no such module",
        "error[E100]: task 'add' does not say what it returns",
        "error[E100]: task 'nap' does not say what it returns",
        "priority must be an integer from 1 to 100, not 500",
        "error: module 'late' cannot be imported: ZeroDivisionError: division by zero",
        "error: 7 errors in the app at 'instance:app'",
    ):
        assert words in told.err
    assert (told.code, told.out) == (1, "")


def test_a_module_that_cannot_be_imported_is_told_with_the_users_own_traceback(tmp_path: Path) -> None:
    write(tmp_path, instance=app_with("mails"), mails="import smtp\n", smtp="def connect():\n    1 / 0\nconnect()\n")
    told = check(tmp_path)
    assert " --> smtp.py:2\n" in told.err
    frames = [line.split(" in ")[-1] for line in told.err.splitlines() if line.strip().startswith("File ")]
    assert frames == ["<module>", "<module>", "connect"]
    assert "horsies_worker" not in told.err
    assert told.code == 1


def test_a_module_that_python_cannot_read_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, instance=app_with("mails"), mails="def add(:\n    pass\n")
    told = check(tmp_path)
    assert "error: module 'mails' cannot be imported: SyntaxError" in told.err
    assert " --> mails.py:1\n" in told.err
    assert told.code == 1


def test_an_app_that_cannot_be_imported_is_one_fault(tmp_path: Path) -> None:
    write(tmp_path, instance="import a_package_that_is_not_there\n")
    told = check(tmp_path)
    assert "error: the module of 'instance:app' cannot be imported: ModuleNotFoundError" in told.err
    assert told.code == 1


def test_a_name_taken_twice_is_told_with_both_places(tmp_path: Path) -> None:
    task = GOOD_TASK.format("add")
    write(tmp_path, instance=app_with("mails", "jobs"), mails=IMPORTS + task, jobs=IMPORTS + task)
    told = check(tmp_path)
    assert "error[E301]: two tasks are named 'add'" in told.err
    assert "jobs.py:4" in told.err
    assert "mails.py:4" in told.err


def test_a_type_that_cannot_be_stored_is_told_of_arguments_and_of_results(tmp_path: Path) -> None:
    odd = "class Odd:\n    def __init__(self, *parts): ...\n"
    task = "@app.task('keep')\ndef keep(odd: Odd) -> TaskResult[Odd, TaskError]: ...\n"
    write(tmp_path, instance=app_with("jobs"), jobs=IMPORTS + odd + task)
    told = check(tmp_path)
    assert "task 'keep': odd: Odd has no JSON form" in told.err
    assert "the result cannot be stored: Odd has no JSON form" in told.err


def test_a_fault_of_a_module_that_two_others_import_is_told_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        instance=app_with("mails", "jobs"),
        mails="import shared\n",
        jobs="import shared\n",
        shared=f"{IMPORTS}{BAD_TASK.format('add')}raise RuntimeError('not today')\n",
    )
    told = check(tmp_path)
    assert told.err.count("task 'add' does not say what it returns") == 1
    assert told.err.count("RuntimeError: not today") == 4  # each importer's headline and traceback


def test_nothing_is_sent_while_modules_are_imported(tmp_path: Path, shop: Shop) -> None:
    send = "print(add.send(1).get().err_value.error_code.value)\n"
    write(tmp_path, instance=app_on(shop) + GOOD_TASK.format("add") + send)
    told = check(tmp_path)
    assert told.out.startswith("SEND_SUPPRESSED\n")
    assert shop.query("select count(*) from {schema}.all_tasks") == [(0,)]


def test_faults_are_in_colour_on_a_terminal_and_plain_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, instance=app_with("nowhere"))
    assert "\x1b[" not in check(tmp_path, NO_COLOR="", TERM="xterm").err
    assert b"\x1b[1;31merror[E207]" in _on_a_terminal(tmp_path)


def _on_a_terminal(directory: Path) -> bytes:
    ours, theirs = pty.openpty()
    environment = {**clean_environment(), "TERM": "xterm", "NO_COLOR": ""}
    command = [sys.executable, "-m", "horsies_worker", "check", "instance:app"]
    subprocess.run(command, cwd=directory, env=environment, stderr=theirs, check=False, timeout=60)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # On Linux the end of a terminal is an error.
    os.close(ours)
    return shown


# --- live


def test_live_tells_the_database_its_version_rights_and_notifications(tmp_path: Path, shop: Shop) -> None:
    write(tmp_path, instance=app_on(shop))
    told = check(tmp_path, "--live")
    lines = dict(line.split(maxsplit=1) for line in told.out.splitlines())
    assert lines["schema"].startswith(f"{shop.schema}, version ")
    assert lines["rights"] == "all that clients and workers need"
    assert lines["listen"] == "notifications arrive"
    assert lines["workers"] == "none alive now"
    assert told.code == 0


def test_live_names_the_workers_that_are_alive(tmp_path: Path, shop: Shop, workers: Workers) -> None:
    worker = workers.start(processes=1)
    write(tmp_path, instance=app_on(shop))
    assert (
        f"1 alive ({os.uname().nodename}:{worker.pid}); which tasks they know is not recorded"
        in check(tmp_path, "--live").out
    )


def test_live_makes_no_tables_and_says_who_will(tmp_path: Path, database_url: str, schema: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        write(tmp_path, instance=app_on(Shop(database_url, schema, connection)))
        told = check(tmp_path, "--live")
        assert "no tables yet: the first client or worker makes them" in told.out
        assert told.code == 0
        assert connection.execute("select from pg_namespace where nspname = %s", [schema]).fetchall() == []


def test_live_fails_on_a_schema_of_another_version(tmp_path: Path, shop: Shop) -> None:
    shop.query("insert into {schema}.migrations (version, name) values (9999, 'to come')")
    write(tmp_path, instance=app_on(shop))
    told = check(tmp_path, "--live")
    assert "is at version 9999" in told.err
    assert told.code == 1


def test_live_fails_on_a_database_that_is_not_there(tmp_path: Path) -> None:
    broker = "PostgresConfig(database_url='postgresql://ada:hunter2@127.0.0.1:1/shop')"
    write(tmp_path, instance=f"{APP}app = Horsies(AppConfig(broker={broker}))")
    told = check(tmp_path, "--live")
    assert "error: the database could not be reached" in told.err
    assert "hunter2" not in told.err + told.out
    assert told.code == 1


@pytest.fixture
def guest(shop: Shop) -> Generator[str]:
    """The URL for a role that may do nothing but connect."""
    name = f"guest_{shop.schema}"
    shop.query(f"create role {name} login password 'secret'")
    parts = urlsplit(shop.url)
    place = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"{name}:secret@{place}").geturl()
    shop.query(f"drop owned by {name}")
    shop.query(f"drop role {name}")


def test_live_fails_on_missing_rights_and_lists_them(tmp_path: Path, shop: Shop, guest: str) -> None:
    role = urlsplit(guest).username
    for grant in ("usage on schema {schema}", "select on all tables in schema {schema}", "insert on {schema}.tasks"):
        shop.query(f"grant {grant} to {role}")
    write(tmp_path, instance=app_on(Shop(guest, shop.schema, shop.connection)))
    told = check(tmp_path, "--live")
    assert "UPDATE on table tasks, DELETE on table tasks, INSERT on table finished" in told.err
    assert "INSERT on table tasks" not in told.err
    assert told.code == 1


def test_the_rights_asked_for_are_enough_to_send_to_work_and_to_look(
    tmp_path: Path, shop: Shop, guest: str, workers: Workers
) -> None:
    """Not asked for: making partitions, which the check names as upkeep that another role must do."""
    role = urlsplit(guest).username
    for relation, privileges in NEEDED.items():
        where = f"table {{schema}}.{relation}" if relation else "schema {schema}"
        shop.query(f"grant {', '.join(privileges)} on {where} to {role}")
    write(tmp_path, instance=app_on(Shop(guest, shop.schema, shop.connection)))
    told = check(tmp_path, "--live")
    assert "except for upkeep, which another role must do: CREATE on the schema" in told.out, told.err
    assert told.code == 0
    worker = workers.start(processes=1, url=guest)
    workshop = build(guest, shop.schema)
    with workshop.app:
        assert workshop.add.send(1, 2).get(10_000).unwrap() == 3
        once = workshop.add.with_options(idempotency_key="one", delay_ms=60_000).send(1, 2)
        assert workshop.add.with_options(idempotency_key="one").send(1, 2).task_id == once.task_id
        assert once.cancel()
        retried = workshop.die_and_retry.send("exit")
        assert retried.get(20_000).unwrap_err().error_code == "WORKER_CRASHED"
        info = retried.info()
        assert info is not None
        assert len(info.attempts) == 2
    assert worker.stop() == 0
