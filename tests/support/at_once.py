"""Several threads at the same time, and what each of them returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]], *, within: float = 30.0) -> list[T]:
    """Call each in a thread of its own; their answers in order. What one raises is raised here."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(within) for future in [threads.submit(call) for call in calls]]
