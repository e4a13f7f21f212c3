"""A real worker for an app under test."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Self

from horsies_client.app import Horsies
from horsies_worker.testing.elsewhere import Elsewhere
from horsies_worker.worker import locator_of

_START_SECONDS = 60.0
_SHUTDOWN_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_APP = "horsies_worker.testing.elsewhere_app:app"


class WorkerProcess:
    """`horsies worker` for this app, where it is bound now: in processes of its own, which import the app themselves.

    Starting takes about a second; `with` stops it at the end. Raises RuntimeError, with what the worker said, if it
    does not start.
    """

    def __init__(self, app: Horsies, *, processes: int = 1) -> None:
        broker = app.config.broker
        elsewhere = Elsewhere(_locator(app), broker.database_url, broker.schema)
        # Not a pipe: nobody would read it while the test runs. Closed by `stop`.
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._last_words: str | None = None
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "horsies_worker", "worker", _APP),
                f"--processes={processes}",
                f"--shutdown-timeout={_SHUTDOWN_SECONDS}",
            ],
            env={**os.environ, **elsewhere.environment(), "PYTHONPATH": os.pathsep.join(_search_path())},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self.pid = self._process.pid
        try:
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What it said so far."""
        if self._last_words is not None:
            return self._last_words
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def stop(self) -> int:
        """Tell it to stop, and wait: tasks that run are given five seconds. Its exit code, 0 if all went well."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            code = self._process.wait(2 * _SHUTDOWN_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._last_words = self.log
        self._output.close()
        return code

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while " ready: " not in self.log:
            if self._process.poll() is not None:
                raise RuntimeError(f"the worker did not start:\n{self.log}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the worker was not ready within {_START_SECONDS:g} s:\n{self.log}")
            time.sleep(_LOOK_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _locator(app: Horsies) -> str:
    """By the module's name, if another process would find the same file by it; by its file, if only pytest would."""
    by_name = locator_of(app)
    module_name, _, attribute = by_name.rpartition(":")
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if file is None or _file_found_by(module_name) == file:
        return by_name
    return f"{file}:{attribute}"


def _file_found_by(module_name: str) -> str | None:
    path: list[str] | None = None
    origin: str | None = None
    parts = module_name.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        specs = (finder.find_spec(name, path) for finder in sys.meta_path)
        spec = next((found for found in specs if found is not None), None)
        if spec is None:
            return None
        path, origin = spec.submodule_search_locations, spec.origin
    return origin


def _search_path() -> list[str]:
    """Ours: pytest may have added to it what the tests import."""
    return [str(Path(entry or ".").resolve()) for entry in sys.path]
