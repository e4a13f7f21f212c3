"""send, then get, on an idle worker, against three bare commits of one row: the insert, the claim, the settling."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.bare import BareClaimer, insert_params
from benchmarks.bench import Bench
from benchmarks.figures import Figure, percentile
from horsies_core.statements import statement

_ROUNDS = 5
_TRIPS = 100


def measure(bench: Bench) -> list[Figure]:
    """Rounds of both in turn. Both run while the worker is up, so both pay for its presence on two cores."""
    from benchmarks.bench_app import add, app  # noqa: PLC0415 (it reads the environment that the bench has set)

    bench.clear()
    trips: list[float] = []
    commits: list[float] = []
    with bench.worker(processes=2), app, bench.connect() as connection:
        other = Bench(bench.url, f"{bench.schema}_bare")
        other.clear()
        claimer = BareClaimer(other, connection)
        bare_insert = statement("task/insert", other.schema)

        def trip() -> None:
            if add.send(1, 2).get(timeout_ms=10_000).ok != 3:
                raise SystemExit("a round trip brought a wrong result")

        def three_commits() -> None:
            connection.execute(bare_insert, insert_params(other))
            claimer.one()

        for _ in range(20):
            trip()
            three_commits()
        for _ in range(_ROUNDS):
            trips += _timed(trip)
            commits += _timed(three_commits)
    other.query("drop schema {schema} cascade")
    return [
        _figure("round trip p50, ms", trips, commits, 0.50, "at most 4"),
        _figure("round trip p99, ms", trips, commits, 0.99, ""),
    ]


def _timed(action: Callable[[], None]) -> list[float]:
    times: list[float] = []
    for _ in range(_TRIPS):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return times


def _figure(name: str, ours: list[float], theirs: list[float], part: float, target: str) -> Figure:
    mine, bare = percentile(ours, part) * 1000, percentile(theirs, part) * 1000
    return Figure(name, f"{mine:.2f}", f"{bare:.2f} for three commits", mine / bare, target)
