"""Faulty declarations: raised at once, or, while `check` imports modules, noted, so that the faults behind them are
found as well.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from horsies_core.errors import HorsiesError

_NOTED: ContextVar[list[HorsiesError] | None] = ContextVar("horsies_noted_faults", default=None)


@contextmanager
def noting_faults() -> Generator[list[HorsiesError]]:
    """Within it a faulty `@app.task` raises nothing; its faults are in this list."""
    noted: list[HorsiesError] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def is_noted(fault: HorsiesError) -> bool:
    """Note the fault of a declaration, if somebody collects them; otherwise it is to be raised."""
    noted = _NOTED.get()
    if noted is None:
        return False
    noted.append(fault)
    return True
