"""Wait for what another process or thread is about to do, without guessing how long it takes."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def eventually(check: Callable[[], T], within: float = 10.0, every: float = 0.02) -> T:
    """Return what `check` returns as soon as it is truthy; fail the test after `within` seconds.

    The failure names what was awaited: the check's docstring, or its source. Exceptions pass through.
    """
    deadline = time.monotonic() + within
    while True:
        # Asked before the clock: a machine that was asleep gets one look more.
        last_look = time.monotonic() >= deadline
        outcome = check()
        if outcome:
            return outcome
        if last_look:
            pytest.fail(f"not within {within:g} s: {_described(check)} (last answer: {outcome!r})")
        time.sleep(every)


def _described(check: Callable[[], object]) -> str:
    if promise := inspect.getdoc(check):
        return promise.splitlines()[0]
    try:
        return " ".join(inspect.getsource(check).split())
    except (OSError, TypeError):
        return repr(check)
