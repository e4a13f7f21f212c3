"""A server and a schema to measure on, and workers for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from attrs import frozen

from horsies_client.embedded import attach
from horsies_client.postgres.sync_runner import run
from horsies_core.plans.migrating import migrate

REPOSITORY = Path(__file__).parents[1]


@frozen
class Bench:
    """Where to measure. The app reads both from the environment, in this process and in workers."""

    url: str
    schema: str

    def connect(self) -> psycopg.Connection[Any]:
        """A connection as a careful program without horsies would hold one: autocommit, statements prepared."""
        return psycopg.connect(self.url, autocommit=True, prepare_threshold=0)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of a query in which `{schema}` stands for the schema."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text.replace("{schema}", self.schema).encode())
            return cursor.fetchall() if cursor.description else []

    def clear(self) -> None:
        """An empty schema, as if new."""
        self.query("drop schema if exists {schema} cascade")
        with psycopg.connect(self.url, autocommit=True) as connection:
            run(migrate(self.schema), connection, self.schema)

    @contextmanager
    def database_of_its_own(self) -> Generator[Bench]:
        """Another database of the same server, with nothing in it that others did: its statistics are ours."""
        name = f"{self.schema}_quiet"
        self.query(f"drop database if exists {name} with (force)")
        self.query(f"create database {name}")
        quiet = Bench(urlsplit(self.url)._replace(path=f"/{name}").geturl(), self.schema)
        quiet.clear()
        quiet.go_there()
        try:
            yield quiet
        finally:
            self.go_there()
            self.query(f"drop database {name} with (force)")

    def go_there(self) -> None:
        """Let the app that is measured work here, in this process and in workers that are started from now on."""
        os.environ["HORSIES_BENCH_URL"], os.environ["HORSIES_BENCH_SCHEMA"] = self.url, self.schema

    @contextmanager
    def worker(self, *, processes: int = 2) -> Generator[subprocess.Popen[bytes]]:
        """A real worker that is ready, stopped afterwards."""
        command = [sys.executable, "-m", "horsies_worker", "worker", "benchmarks.bench_app:app"]
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen([*command, f"--processes={processes}"], cwd=REPOSITORY, stderr=log)
            try:
                self._wait_ready(process)
                yield process
            finally:
                process.terminate()
                process.wait()

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        while not self.query("select 1 from {schema}.workers where lost_at is null"):
            if process.poll() is not None:
                raise SystemExit("the worker did not start; try: horsies worker benchmarks.bench_app:app")
            time.sleep(0.05)
        time.sleep(1.0)  # The other children are still starting; they are not what is measured.


@contextmanager
def open_bench() -> Generator[Bench]:
    """The server of HORSIES_BENCH_DATABASE_URL, or an embedded one in a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="horsies-bench-") as directory:
        url = os.environ.get("HORSIES_BENCH_DATABASE_URL")
        if url is not None:
            yield _prepared(url)
            return
        with attach(Path(directory)) as server:
            yield _prepared(server.url)


def _prepared(url: str) -> Bench:
    bench = Bench(url, "bench")
    bench.go_there()
    bench.clear()
    return bench
