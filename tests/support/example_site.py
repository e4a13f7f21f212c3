"""An example as its README says it is run: a site and a worker, each a process of its own, and a database."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from attrs import frozen

from tests.support.eventually import eventually
from tests.support.workers import REPOSITORY, WorkerProcess

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"http://[\w.]+:\d+")
_NAME = "site under test"
"""What the site's connections are called in pg_stat_activity."""


@frozen
class Example:
    """An example, and what its site's command takes for a port of its own."""

    name: str
    port: tuple[str, ...] = ("--port=0",)

    @property
    def directory(self) -> Path:
        return REPOSITORY / "examples" / self.name

    def commands(self) -> Generator[list[str]]:
        """The README's commands that run something, in order: preparations, the site, the worker."""
        for block in _CONSOLE.findall((self.directory / "README.md").read_text(encoding="utf-8")):
            for line in block.splitlines():
                if line.startswith("$ ") and not line.startswith(("$ export", "$ curl")):
                    yield shlex.split(line.removeprefix("$ "))


@frozen
class Site:
    """A running example."""

    http: httpx.Client
    database: psycopg.Connection[Any]
    worker: WorkerProcess
    log: Path

    def count(self, query: str) -> int:
        """The number that a query of the database counts."""
        row = self.database.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def connections(self) -> int:
        """How many connections the web process holds."""
        return self.count(f"select count(*) from pg_stat_activity where application_name = '{_NAME}'")

    @classmethod
    @contextmanager
    def run(cls, example: Example, database_url: str, directory: Path) -> Generator[Site]:
        """Start it; at the end of the block the site and the worker are told to stop, and have to."""
        *preparations, site, worker = example.commands()
        with _own_database(database_url) as url:
            environment = _environment(url)
            for command in preparations:
                subprocess.run(command, cwd=example.directory, env=environment, check=True, stdout=subprocess.DEVNULL)
            site_environment = _environment(f"{url}?application_name={_NAME.replace(' ', '%20')}")
            site_process = _Process([*site, *example.port], example.directory, site_environment, directory / "site.log")
            worker_process = _Process(worker, example.directory, environment, directory / "worker.log")
            try:
                running = WorkerProcess(worker_process.popen, worker_process.log).wait_ready()
                with (
                    httpx.Client(base_url=site_process.address(), timeout=30) as http,
                    psycopg.connect(url, autocommit=True) as database,
                ):
                    yield cls(http, database, running, site_process.log)
                assert running.stop() == 0, running.log
                site_process.stop()
            finally:
                site_process.kill()
                worker_process.kill()


class _Process:
    def __init__(self, command: list[str], directory: Path, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def address(self) -> str:
        """Where it serves: it says so when it does."""

        def said() -> re.Match[str] | None:
            assert self.popen.poll() is None, self.log.read_text(encoding="utf-8")
            return _ADDRESS.search(self.log.read_text(encoding="utf-8"))

        found = eventually(said, within=30)
        assert found is not None
        return found[0]

    def stop(self) -> None:
        """As Ctrl-C or a process manager would."""
        self.popen.terminate()
        self.popen.wait(30)

    def kill(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()


def _environment(url: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HORSIES_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**inherited, "PATH": path, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "DATABASE_URL": url}


@contextmanager
def _own_database(database_url: str) -> Generator[str]:
    name = f"example_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        try:
            yield urlsplit(database_url)._replace(path=f"/{name}", query="").geturl()
        finally:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            connection.execute(f"drop database {name}".encode())
