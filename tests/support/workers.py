"""Real worker processes, started by their command line and ended by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psutil
from typing_extensions import Self

from tests.support.eventually import eventually

REPOSITORY = Path(__file__).parents[2]


class WorkerProcess:
    """A running `horsies worker`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self.pid = process.pid

    @property
    def log(self) -> str:
        """What it printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self) -> WorkerProcess:
        """Until it claims."""
        eventually(lambda: "ready" in self.log or self._ended(), within=30)
        assert "ready" in self.log, self.log
        return self

    def children(self) -> list[psutil.Process]:
        """Its live child processes."""
        try:
            return [child for child in psutil.Process(self.pid).children() if child.status() != psutil.STATUS_ZOMBIE]
        except psutil.NoSuchProcess:
            return []

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def stop(self, within: float = 15.0) -> int:
        """SIGTERM, and its exit code."""
        self.send(signal.SIGTERM)
        return self.wait(within)

    def wait_settled_in(self, processes: int) -> WorkerProcess:
        """Until all its children are there and have imported the app."""
        eventually(lambda: len(self.children()) == processes, within=30)
        eventually(lambda: all(len(child.threads()) > 1 for child in self.children()), within=30)
        return self

    def kill(self) -> None:
        """SIGKILL the supervisor alone."""
        self._process.kill()
        self._process.wait()

    def wait(self, within: float = 15.0) -> int:
        """Its exit code."""
        return self._process.wait(within)

    def end(self) -> None:
        """Whatever state it is in, end it and its children."""
        children = self.children()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for child in children:
            if child.is_running():
                child.kill()

    def _ended(self) -> bool:
        return self._process.poll() is not None


class Workers:
    """Starts workers for one schema."""

    def __init__(self, url: str, schema: str, directory: Path) -> None:
        self._environment = {**os.environ, "WORKSHOP_URL": url, "WORKSHOP_SCHEMA": schema}
        self._directory = directory
        self._started: list[WorkerProcess] = []

    def start(
        self, *arguments: str, processes: int = 2, ready: bool = True, url: str | None = None, **settings: str
    ) -> WorkerProcess:
        """Start one; with `ready`, return when it claims. `url`: another way to the database. `settings` are variables
        of the environment that `workshop_app` reads.
        """
        environment = {**self._environment, **settings, **({"WORKSHOP_URL": url} if url else {})}
        log = self._directory / f"worker-{len(self._started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "horsies_worker",
                    "worker",
                    "tests.support.workshop_app:app",
                    f"--processes={processes}",
                    *arguments,
                ],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        worker = WorkerProcess(process, log)
        self._started.append(worker)
        return worker.wait_ready() if ready else worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._started:
            worker.end()
        if error is not None:
            for worker in self._started:
                sys.stderr.write(f"--- log of worker {worker.pid}\n{worker.log}\n")
