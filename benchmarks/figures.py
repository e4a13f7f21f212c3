"""What a measurement yields, and how it is printed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from attrs import frozen


@frozen
class Figure:
    """One line of the report. `ratio` is ours to theirs; `target` says what it should be."""

    name: str
    ours: str
    theirs: str = ""
    ratio: float | None = None
    target: str = ""

    def row(self) -> str:
        """As a row of a Markdown table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"| {self.name} | {self.ours} | {self.theirs} | {ratio} | {self.target} |"


HEADER = "| what | horsies | psycopg alone | ratio | target |\n|---|---|---|---|---|"


def alternate(ours: Callable[[], float], theirs: Callable[[], float], *, rounds: int = 5) -> tuple[float, float, float]:
    """Medians of both, and the median of the ratios of neighbours: on a shared machine speed drifts, neighbours drift
    together.
    """
    ours()  # To warm up.
    theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return (
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
