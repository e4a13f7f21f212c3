"""Whether there may be something to claim: the rule that never loses a wake-up.

A claim that found nothing proves that there was nothing when it looked. A hint that came after it looked (a
notification, a due time, the poll) makes it look again. So hints are counted, and a claim remembers the count from
before it was sent: subscribe, then look, then sleep. Plain functions and coroutines are claimed apart, and a claim
says something about its own kind alone.
"""

from __future__ import annotations


class Appetite:
    """Remembers hints, and what claims found. Times are monotonic seconds."""

    def __init__(self, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._hints = 1
        self._answered = {True: 0, False: 0}
        self._next_due: float | None = None
        self._last_empty = 0.0
        self.knows_next_due = False

    def hint(self) -> None:
        """There may be work now."""
        self._hints += 1

    def hint_later(self) -> None:
        """There may be a new task that is due earlier than the one we know of."""
        self.knows_next_due = False

    def is_hungry(self, *, is_async: bool) -> bool:
        """Whether a claim of this kind should be sent."""
        return self._hints > self._answered[is_async]

    def before_claim(self) -> int:
        """To be called when claims are sent, and given to `exhausted`."""
        return self._hints

    def exhausted(self, hints_before: int, *, is_async: bool) -> None:
        """A claim found fewer than there was room for: nothing is left of what was there when it looked."""
        self._answered[is_async] = max(self._answered[is_async], hints_before)

    def nothing_until(self, now: float, next_due_seconds: float | None) -> None:
        """A claim found nothing at all, and the database said when the next task becomes due."""
        self._last_empty = now
        self._next_due = None if next_due_seconds is None else now + next_due_seconds
        self.knows_next_due = True

    def seconds_to_sleep(self, now: float) -> float:
        """How long nothing needs to be looked at if no hint comes."""
        wake = self._last_empty + self._poll_seconds
        if self._next_due is not None:
            wake = min(wake, self._next_due)
        return max(0.0, wake - now)
