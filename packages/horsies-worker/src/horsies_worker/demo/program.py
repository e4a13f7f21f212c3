"""`horsies demo` as a whole: where it takes place, on which screen, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from horsies_core.config.postgres import URL_VARIABLE
from horsies_worker.demo.performance import perform
from horsies_worker.demo.place import demo_place
from horsies_worker.demo.plain_lines import PlainLines
from horsies_worker.demo.screen import NEXT_STEPS, Screen
from horsies_worker.demo.terminal import Terminal

_INTERRUPTED = 128 + signal.SIGINT


def run_demo() -> int:
    """Run the demo; the exit code: 0 if every task ended as it should, else 1; 130 if it was interrupted.

    Raises HorsiesError if the database or the worker cannot be started.
    """
    screen = _screen()
    screen.title("horsies demo: a database, a worker, tasks and their results")
    # `kill` cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        is_good = _run(screen)
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen.say("interrupted; the worker is stopped and everything removed")
        return _INTERRUPTED
    if is_good:
        screen.say(f"\n{NEXT_STEPS}")
    return 0 if is_good else 1


def _run(screen: Screen) -> bool:
    with ExitStack() as stack:
        with screen.step("starting PostgreSQL") as now:
            place = stack.enter_context(demo_place(now))
            now(place.description)
        # Where the app of the demo looks, here and in the worker.
        os.environ[URL_VARIABLE] = place.url
        return asyncio.run(_until_told_to_stop(perform(screen, place.directory)))


async def _until_told_to_stop(performance: Coroutine[Any, Any, bool]) -> bool:
    task = asyncio.ensure_future(performance)
    # Cancelled in an orderly way; an exception out of a signal handler would strike anywhere.
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _screen() -> Screen:
    console = Console(highlight=False)
    return Terminal(console) if sys.stdout.isatty() and not console.is_dumb_terminal else PlainLines()
