"""The demo from the worker's start to its end."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from horsies_core.plans import Plan, Script
from horsies_worker.demo.calls import calls
from horsies_worker.demo.rush import TASKS, rush
from horsies_worker.demo.screen import Screen
from horsies_worker.demo.tasks import app
from horsies_worker.demo.watching import Progress, follow, send
from horsies_worker.demo.worker_process import PROCESSES, running_worker


async def perform(screen: Screen, directory: Path) -> bool:
    """Start a worker, send, watch, and clean up; whether every task ended as it should. Cancelling it stops it."""
    async with app, _own_schema(), AsyncExitStack() as stack:
        with screen.step("starting a worker") as now:
            process = await stack.enter_async_context(running_worker(os.environ))
            now(f"a worker, process {process.pid}, with {PROCESSES} child processes")
        followed = await send(calls(directory))
        with screen.calls(followed) as changed:
            await follow(app, followed, changed)
        with screen.step(f"sending {TASKS:,} tasks that do nothing") as now:
            done = await rush()
            now(f"{done.tasks:,} tasks that do nothing: {done.per_second:,.0f} a second, results included")
        return _judge(screen, followed, rush_ok=done.all_ok)


def _judge(screen: Screen, followed: Sequence[Progress], *, rush_ok: bool) -> bool:
    wrong = [progress for progress in followed if not progress.is_as_expected]
    for progress in wrong:
        screen.verdict(f"{progress.call.text} ended with {progress.outcome}, not {progress.call.ends}", good=False)
    if not rush_ok:
        screen.verdict("some of the small tasks failed", good=False)
    if wrong or not rush_ok:
        return False
    screen.verdict("every task ended as it should, those that fail on purpose too", good=True)
    return True


@asynccontextmanager
async def _own_schema() -> AsyncGenerator[None]:
    """Drop the demo's schema at the end; it is made on first use."""
    try:
        yield
    finally:
        await app.broker.run_async(_drop_schema())


def _drop_schema() -> Plan[None]:
    yield Script("drop schema if exists {schema} cascade")
