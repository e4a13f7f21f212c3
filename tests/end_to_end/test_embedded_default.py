"""A worker on the embedded server: told to stop early, and with the server killed under it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from horsies_client.embedded import attach
from tests.support.embedded_users import open_project
from tests.support.eventually import eventually

_APP = """
from horsies import AppConfig, Horsies, TaskError, TaskResult, WorkerResilienceConfig

app = Horsies(AppConfig(resilience=WorkerResilienceConfig(db_retry_initial_ms=50, db_retry_max_ms=500)))


@app.task("add")
def add(a: int, b: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)
"""

_SEND = "from app import add; print(add.send(2, 3).get(timeout_ms=30_000).ok)"


@pytest.fixture
def project() -> Generator[Path]:
    """A project that says nothing of a database."""
    with open_project() as directory:
        (directory / "app.py").write_text(_APP, encoding="utf-8")
        yield directory


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "HORSIES_DATABASE_URL"}


def _start(project: Path) -> subprocess.Popen[str]:
    with (project / "worker.log").open("w") as log:
        command = [sys.executable, "-m", "horsies_worker", "worker", "app:app", "--processes=1"]
        return subprocess.Popen(command, cwd=project, env=_environment(), stderr=log, text=True)


def _send(project: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _SEND], cwd=project, env=_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _answers(url: str) -> bool:
    """The database answers."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_worker_outlives_its_embedded_server_and_starts_it_again(project: Path) -> None:
    worker = _start(project)
    try:
        assert _send(project) == "5"
        with attach(project / ".horsies") as server:
            url = server.url
            os.kill(server.pid, signal.SIGKILL)
        # Nobody attaches here: it is the worker that starts the server again, where it was.
        eventually(lambda: _answers(url), within=30)
        assert _send(project) == "5"
    finally:
        worker.terminate()
        assert worker.wait(timeout=30) == 0


def test_a_worker_that_is_told_to_stop_while_it_starts_stops_without_a_complaint(project: Path) -> None:
    (project / "app.py").write_text(f"import time\nprint('importing', flush=True)\ntime.sleep(60)\n{_APP}")
    with (project / "worker.log").open("w") as log:
        command = [sys.executable, "-m", "horsies_worker", "worker", "app:app"]
        worker = subprocess.Popen(command, cwd=project, env=_environment(), stdout=log, stderr=log, text=True)
    eventually(lambda: "importing" in (project / "worker.log").read_text(encoding="utf-8"), within=30)
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    assert "Traceback" not in (project / "worker.log").read_text(encoding="utf-8")
