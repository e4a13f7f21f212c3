"""The demo's worker: the real command, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

from horsies_core.errors import HorsiesError

PROCESSES = 6

_COMMAND = ("worker", "horsies_worker.demo.tasks:app", f"--processes={PROCESSES}", "--shutdown-timeout=1")
_READY_WITHIN_SECONDS = 30.0
_GONE_WITHIN_SECONDS = 10.0
_LAST_LINES = 20


@asynccontextmanager
async def running_worker(environment: Mapping[str, str]) -> AsyncGenerator[Process]:
    """A worker that is ready; it is stopped at the end. Raises HorsiesError, with its log, if it does not start."""
    program = (sys.executable, "-m", "horsies_worker", *_COMMAND)
    process = await asyncio.create_subprocess_exec(
        *program, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    assert process.stderr is not None  # noqa: S101 (it is a pipe)
    try:
        await _wait_until_ready(process.stderr)
        reading = asyncio.create_task(_read_on(process.stderr))
        yield process
        reading.cancel()
    finally:
        await _stop(process)


async def _wait_until_ready(log: asyncio.StreamReader) -> None:
    lines: list[str] = []
    with suppress(asyncio.TimeoutError):
        while line := await asyncio.wait_for(log.readline(), _READY_WITHIN_SECONDS):
            lines.append(line.decode(errors="replace").rstrip())
            if " ready" in lines[-1]:
                return
    raise HorsiesError("the worker of the demo did not start", notes=["\n".join(lines[-_LAST_LINES:]) or "no log"])


async def _read_on(log: asyncio.StreamReader) -> None:
    """Keep the pipe from filling: a worker that cannot log stands still."""
    while await log.readline():
        pass


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _GONE_WITHIN_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
