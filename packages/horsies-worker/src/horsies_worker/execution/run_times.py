"""How long tasks run, learnt from their last runs, and how many of them a child should hold: the running window.

A child with one task at a time waits for the supervisor's whole turn after each; for tasks of 50 microseconds that is
nearly all of its life. So it is given as many as make up a few milliseconds of work, and one if they are long.
"""

from __future__ import annotations

WINDOW_SECONDS = 0.005
"""Work a child is kept supplied with. More makes no turn cheaper (measured), and makes a task behind others wait."""

LARGEST_WINDOW = 256

_WEIGHT = 0.2
"""Of the newest run in the moving average."""


class RunTimes:
    """Moving averages of run times, in seconds, by task name and over all names."""

    def __init__(self) -> None:
        self._by_name: dict[str, float] = {}
        self._overall: float | None = None

    def learn(self, name: str, seconds: float) -> None:
        """A task of this name ran this long. A longer run counts at once, a shorter one by and by: expecting too much
        costs a little speed, expecting too little makes tasks wait behind others.
        """
        self._by_name[name] = _moved(self._by_name.get(name), seconds)
        self._overall = _moved(self._overall, seconds)

    def expected(self, name: str) -> float:
        """How long a task of this name may take; a whole window if it never ran here."""
        return self._by_name.get(name, WINDOW_SECONDS)

    def window(self) -> int:
        """How many tasks of the recent mix make up a window; at least one."""
        if self._overall is None:
            return 1
        return max(1, min(LARGEST_WINDOW, int(WINDOW_SECONDS / max(self._overall, 1e-6))))


def _moved(average: float | None, seconds: float) -> float:
    if average is None or seconds > WINDOW_SECONDS:
        return seconds if average is None else max(average, seconds)
    return average + _WEIGHT * (seconds - average)
