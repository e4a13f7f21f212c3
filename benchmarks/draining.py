"""Draining 20,000 tasks that do nothing: two child processes against a bare claim-and-settle loop."""

from __future__ import annotations

import time

from benchmarks.bare import BareClaimer, copy_tasks
from benchmarks.bench import Bench
from benchmarks.figures import Figure, alternate

_TASKS = 20_000
_TURN = 64


def measure(bench: Bench) -> list[Figure]:
    """The worker's rate is taken by the database's clock between the first and the last end of a task, so that its
    start does not count; the loop's by its own.
    """

    def ours() -> float:
        _fill(bench)
        with bench.worker(processes=2):
            while bench.query("select 1 from {schema}.tasks limit 1"):
                time.sleep(0.05)
        rows = bench.query(
            "select (count(*) - 1) / extract(epoch from max(finished_at) - min(finished_at)) from {schema}.finished"
        )
        return float(rows[0][0])

    def theirs() -> float:
        _fill(bench)
        with bench.connect() as connection:
            claimer = BareClaimer(bench, connection)
            started = time.perf_counter()
            count = claimer.drain(_TURN)
            return count / (time.perf_counter() - started)

    mine, bare, ratio = alternate(ours, theirs, rounds=3)
    name = f"drain of {_TASKS:,} no-ops, 2 processes, a second"
    return [Figure(name, f"{mine:,.0f}", f"{bare:,.0f} at {_TURN} a turn", ratio, "at least 0.40")]


def _fill(bench: Bench) -> None:
    bench.clear()
    with bench.connect() as connection:
        copy_tasks(bench, connection, _TASKS)
    bench.query("vacuum analyze {schema}.tasks")
