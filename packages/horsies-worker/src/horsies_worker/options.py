"""How a worker is to run: what the command line, or `Worker(...)`, says beyond the app's own configuration."""

from __future__ import annotations

import os

from attrs import field, frozen

from horsies_core.errors import ConfigurationError, ErrorCode


def default_processes() -> int:
    """As many as the machine has processors."""
    return os.cpu_count() or 1


@frozen
class WorkerOptions:
    """Raises ConfigurationError for numbers that no worker can run with."""

    locator: str
    """Where children find the app: `package.module:app` or `path/to/file.py:app`."""
    directory: str = field(factory=os.getcwd)
    """Where relative paths and imports begin."""
    processes: int = field(factory=default_processes)
    """Child processes; each runs one plain function at a time."""
    concurrency: int = 100
    """`async def` tasks that one child may run at once."""
    shutdown_timeout: float = 30.0
    """Seconds that running tasks are given to end after SIGTERM or SIGINT."""

    def __attrs_post_init__(self) -> None:
        for name, value, most in (("processes", self.processes, 1_000), ("concurrency", self.concurrency, 2_000)):
            if not 1 <= value <= most:
                raise _invalid(f"{name} must be from 1 to {most}, not {value}")
        if self.shutdown_timeout < 0:
            raise _invalid(f"shutdown_timeout must be 0 or more seconds, not {self.shutdown_timeout}")


def _invalid(message: str) -> ConfigurationError:
    return ConfigurationError(message, code=ErrorCode.CLI_INVALID_ARGS)
