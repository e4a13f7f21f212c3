"""`python -m benchmarks [name ...]`."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from datetime import datetime, timezone

from benchmarks import draining, footprint, round_trip, sending
from benchmarks.bench import Bench, open_bench
from benchmarks.figures import HEADER, Figure

_MEASUREMENTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "sending": sending.measure,
    "draining": draining.measure,
    "round_trip": round_trip.measure,
    "footprint": footprint.measure,
}


def main(names: list[str]) -> None:
    """Measure and print a table that can go into the README as it is."""
    unknown = [name for name in names if name not in _MEASUREMENTS]
    if unknown:
        raise SystemExit(f"no measurement {', '.join(unknown)}; there are: {', '.join(_MEASUREMENTS)}")
    with open_bench() as bench:
        print(_conditions(bench))
        print(f"\n{HEADER}")
        for name in names or list(_MEASUREMENTS):
            for figure in _MEASUREMENTS[name](bench):
                print(figure.row(), flush=True)


def _conditions(bench: Bench) -> str:
    version = bench.query("show server_version")[0][0].partition(" ")[0]
    today = datetime.now(timezone.utc)
    return (
        f"{today:%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {version}, fsync on, everything on one machine"
    )


main(sys.argv[1:])
