"""The document by which people get to know horsies runs as it stands: its code, and its command line."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.support.command_line import clean_environment
from tests.support.embedded_users import open_project
from tests.support.eventually import eventually
from tests.support.workers import WorkerProcess

DOCUMENT = Path(__file__).parent / "getting_started" / "document.md"
ORIGINAL = Path(__file__).parents[3] / "shared" / "mission" / "getting-started.md"

URL_OF_THE_DOCUMENT = "postgresql+psycopg://user:password@localhost:5432/mydb"

# What the document leaves to its reader, given to producer.py; and what can be told of how it went.
RUN_PRODUCER = """
import json, runpy
handled = []
given = {"handle_error": lambda error: handled.append(["error", error.message]),
         "do_something": lambda value: handled.append(["value", value])}
ran = runpy.run_path("producer.py", init_globals=given)
print(json.dumps({"handled": handled, "last": ran["result"].ok_value}))
"""

RUN_ENDPOINT = """
import asyncio, json
from endpoint import my_endpoint
print(json.dumps(asyncio.run(my_endpoint())))
"""


def blocks(language: str) -> list[str]:
    """The code blocks of the document in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def instance() -> str:
    """`instance.py`: what section 1 creates, and what section 2 adds to it."""
    return "\n".join(blocks("python")[:2])


def write_project(directory: Path, instance_text: str) -> None:
    _, _, producer, endpoint = blocks("python")
    for name, text in (("instance.py", instance_text), ("producer.py", producer), ("endpoint.py", endpoint)):
        (directory / name).write_text(text, encoding="utf-8")


def run(program: str, directory: Path) -> object:
    """What a program, run in the project's directory, prints as JSON."""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=directory,
        env=clean_environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@contextmanager
def worker_of_the_document(directory: Path) -> Generator[WorkerProcess]:
    """The command of section 4, as it stands, until the end of the block."""
    _, command = blocks("bash")
    program, *arguments = shlex.split(command)
    log = directory / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=directory,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    worker = WorkerProcess(process, log)
    try:
        yield worker.wait_ready()
    finally:
        worker.end()


def assert_that_it_works(directory: Path) -> None:
    with worker_of_the_document(directory) as worker:
        assert run(RUN_PRODUCER, directory) == {"handled": [["value", 8]], "last": "Processed 1 items"}
        assert run(RUN_ENDPOINT, directory) == {"result": 30}
        assert "8 processes, 2 tasks known" in worker.log
        assert worker.stop() == 0, worker.log


@pytest.fixture
def own_database(database_url: str) -> Generator[str]:
    """The URL, in the document's scheme, of a database of its own: the document names no schema."""
    name = f"getting_started_{uuid4().hex[:8]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
        yield urlsplit(database_url)._replace(scheme="postgresql+psycopg", path=f"/{name}").geturl()
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        eventually(lambda: was_dropped(connection, name))


def was_dropped(connection: psycopg.Connection[Any], name: str) -> bool:
    """Whether the last session has left, so that the database could be dropped."""
    try:
        connection.execute(f'drop database "{name}"'.encode())
    except psycopg.errors.ObjectInUse:
        return False
    return True


def test_the_copy_of_the_document_is_the_document() -> None:
    if not ORIGINAL.exists():
        pytest.skip("the original does not lie beside this checkout")
    assert DOCUMENT.read_text(encoding="utf-8") == ORIGINAL.read_text(encoding="utf-8")


def test_everything_in_the_document_runs_with_a_url(tmp_path: Path, own_database: str) -> None:
    assert instance().count(URL_OF_THE_DOCUMENT) == 1
    write_project(tmp_path, instance().replace(URL_OF_THE_DOCUMENT, own_database))
    assert_that_it_works(tmp_path)


def test_everything_in_the_document_runs_with_no_database_named_at_all() -> None:
    text, replaced = re.subn(
        r"^config = AppConfig\(\n.*?^\)$", "config = AppConfig()", instance(), flags=re.MULTILINE | re.DOTALL
    )
    assert replaced == 1
    with open_project() as project:
        write_project(project, text)
        assert_that_it_works(project)
