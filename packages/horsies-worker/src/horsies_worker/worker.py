"""`Worker`: a worker from code, and what the command line runs."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from pathlib import Path

from typing_extensions import Self

from horsies_client.app import Horsies
from horsies_client.database_url import resolve_database_url
from horsies_core.errors import ConfigurationError, ErrorCode
from horsies_worker.app_facts import AppFacts
from horsies_worker.execution.child_process import ChildProcess
from horsies_worker.options import WorkerOptions, default_processes
from horsies_worker.supervisor import Supervisor

log = logging.getLogger("horsies.worker")


class Worker:
    """Runs an app's tasks in child processes of its own, until it is told to stop.

        Worker(app, processes=4).run()

    The children import the app by themselves, so it must be a module's attribute; in a script, start the worker under
    `if __name__ == "__main__":`.
    """

    def __init__(
        self,
        app: Horsies,
        *,
        processes: int | None = None,
        concurrency: int = 100,
        shutdown_timeout: float = 30.0,
    ) -> None:
        self._options = WorkerOptions(
            locator_of(app),
            processes=default_processes() if processes is None else processes,
            concurrency=concurrency,
            shutdown_timeout=shutdown_timeout,
        )

    def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises what `run_async` raises."""
        asyncio.run(self.run_async())

    async def run_async(self) -> None:
        """The same on a running event loop; cancelling it stops the worker.

        Raises BrokerError if the database does not answer at the start, ConfigurationError for what cannot be served,
        ChildFailedToStart if the app cannot be imported.
        """
        await run_worker(self._options)


async def run_worker(options: WorkerOptions) -> None:
    """Run a worker until a signal tells it to stop. See `Worker.run_async` for what it raises."""
    with _StopSignals() as signals:
        try:
            await _supervise(options, signals)
        except asyncio.CancelledError:
            if not signals.came_at_start:
                raise
            log.info("stopped before it was ready")


async def _supervise(options: WorkerOptions, signals: _StopSignals) -> None:
    child = ChildProcess()
    try:
        facts = AppFacts.of(await child.start(options.locator, options.directory))
        # Starting the embedded server takes a moment; nothing else is going on yet.
        address = await asyncio.to_thread(resolve_database_url, facts.config.broker)
    except BaseException:
        child.kill()
        raise
    supervisor = Supervisor(facts, options, address)
    signals.go_to(supervisor)
    try:
        await supervisor.run(child)
    finally:
        address.close()


class _StopSignals:
    """While it is open, SIGTERM and SIGINT end the start, or stop the supervisor; a second one hurries it."""

    _SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None
        self._starting = asyncio.current_task()
        self.came_at_start = False
        # Python delivers signals to the main thread alone; elsewhere the worker is stopped by cancelling it.
        self._applies = threading.current_thread() is threading.main_thread()

    def go_to(self, supervisor: Supervisor) -> None:
        """From here on there is a supervisor to be told."""
        self._supervisor = supervisor

    def _came(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop()
        elif self._starting is not None:
            self.came_at_start = True
            self._starting.cancel()

    def __enter__(self) -> Self:
        if self._applies:
            for number in self._SIGNALS:
                asyncio.get_running_loop().add_signal_handler(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        if self._applies:
            for number in self._SIGNALS:
                asyncio.get_running_loop().remove_signal_handler(number)


def locator_of(app: Horsies) -> str:
    """The locator under which a child process finds this app.

    Raises ConfigurationError if it is not the attribute of a module.
    """
    for module_name, module in list(sys.modules.items()):
        names = [name for name, value in vars(module).items() if value is app] if hasattr(module, "__dict__") else []
        if not names:
            continue
        if module_name != "__main__":
            return f"{module_name}:{names[0]}"
        if module.__file__ is not None:
            return f"{Path(module.__file__).resolve()}:{names[0]}"
    raise ConfigurationError(
        "the app is not an attribute of a module, so child processes cannot import it",
        code=ErrorCode.WORKER_INVALID_LOCATOR,
        where=app.where,
        help="assign it at module level, as in: app = Horsies(config)",
    )
