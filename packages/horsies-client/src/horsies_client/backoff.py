"""Waiting between attempts to reach the database again."""

from __future__ import annotations

import random


class Backoff:
    """Waiting times between attempts to reconnect: doubling up to a limit, fully jittered so that clients of a database
    that comes back do not come back together.
    """

    def __init__(self, initial_seconds: float, maximum_seconds: float) -> None:
        self._initial = initial_seconds
        self._maximum = maximum_seconds
        self.failures = 0

    def next_seconds(self) -> float:
        """The next time to wait, in seconds."""
        ceiling = min(self._maximum, self._initial * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 (jitter, nothing secret)

    def reset(self) -> None:
        """It worked: the next failure begins with the shortest wait again."""
        self.failures = 0
