"""Whether there may be something to claim: the rule that never loses a wake-up.

A claim that found nothing proves that there was nothing when it looked. A hint that came after it looked (a
notification, a due time, the poll) makes it look again. So hints are counted, and a claim remembers the count from
before it was sent: subscribe, then look, then sleep. Plain functions and coroutines are claimed apart, and a claim
says something about its own kind alone.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class HintsHeard:
    """How many hints of each kind had come when a claim was sent."""

    now: int
    later: int


class Appetite:
    """Remembers hints, and what claims found. Times are monotonic seconds."""

    def __init__(self, poll_seconds: float) -> None:
        self._poll_seconds = poll_seconds
        self._hints = 1
        self._answered = {True: 0, False: 0}
        self._next_due: float | None = None
        self._last_empty = 0.0
        self._later_hints = 1
        self._later_answered = 0

    def hint(self) -> None:
        """There may be work now."""
        self._hints += 1

    def hint_later(self) -> None:
        """There may be a new task that is due earlier than the one we know of."""
        self._later_hints += 1

    @property
    def knows_next_due(self) -> bool:
        """Whether the due time that a claim was told is still the next one, as far as we have heard."""
        return self._later_answered >= self._later_hints

    def is_hungry(self, *, is_async: bool) -> bool:
        """Whether a claim of this kind should be sent."""
        return self._hints > self._answered[is_async]

    def before_claim(self) -> HintsHeard:
        """To be called when claims are sent, and given to what their replies call."""
        return HintsHeard(self._hints, self._later_hints)

    def exhausted(self, heard: HintsHeard, *, is_async: bool) -> None:
        """A claim found fewer than there was room for: nothing is left of what was there when it looked."""
        self._answered[is_async] = max(self._answered[is_async], heard.now)

    def nothing_until(self, heard: HintsHeard, now: float, next_due_seconds: float | None) -> None:
        """A claim found nothing at all, and the database said when the next task becomes due. A task that was put off
        after the claim looked is not in that answer: its hint stands.
        """
        self._last_empty = now
        self._next_due = None if next_due_seconds is None else now + next_due_seconds
        self._later_answered = max(self._later_answered, heard.later)

    def seconds_to_sleep(self, now: float) -> float:
        """How long nothing needs to be looked at if no hint comes."""
        wake = self._last_empty + self._poll_seconds
        if self._next_due is not None:
            wake = min(wake, self._next_due)
        return max(0.0, wake - now)
