"""How busy a child is."""

from __future__ import annotations

import time

from attrs import define

from horsies_worker.execution.attempt import Attempt


@define
class Load:
    """What a child has to do: functions on its main thread one by one, coroutines all at once."""

    functions: int = 0
    seconds: float = 0.0
    """Expected for the functions, all together."""
    coroutines: int = 0
    last_progress: float = 0.0
    """Monotonic time at which a function was last seen to end, or the first one was given."""

    def add(self, attempt: Attempt) -> None:
        """It was given this one."""
        if attempt.is_async:
            self.coroutines += 1
            return
        if self.functions == 0:
            self.last_progress = time.monotonic()
        self.functions += 1
        self.seconds += attempt.expected_seconds

    def end(self, attempt: Attempt) -> None:
        """It ended this one."""
        self.give_back(attempt)
        self.last_progress = time.monotonic()

    def give_back(self, attempt: Attempt) -> None:
        """It gave this one back. That is no progress: what it is in has not ended."""
        if attempt.is_async:
            self.coroutines -= 1
            return
        self.functions -= 1
        # Sums of floats that come and go leave crumbs.
        self.seconds = self.seconds - attempt.expected_seconds if self.functions else 0.0

    def stalled_seconds(self) -> float:
        """How long the function it is in has been running, at least; 0 if it is in none."""
        return time.monotonic() - self.last_progress if self.functions else 0.0
