"""Sending one by one against the bare insert, and many at once against COPY."""

from __future__ import annotations

import time

from benchmarks.bare import copy_tasks, insert_params
from benchmarks.bench import Bench
from benchmarks.figures import Figure, alternate
from horsies import Task
from horsies_core.statements import statement

_SENDS = 500
_MANY = 10_000


def measure(bench: Bench) -> list[Figure]:
    """No worker runs: what is measured is the way into the database."""
    from benchmarks.bench_app import add, app  # noqa: PLC0415 (it reads the environment that the bench has set)

    bench.clear()
    with app:
        return [_one_by_one(bench, add), _many(bench, add)]


def _one_by_one(bench: Bench, add: Task[[int, int], int]) -> Figure:
    insert = statement("task/insert", bench.schema)
    with bench.connect() as connection:

        def ours() -> float:
            started = time.perf_counter()
            for number in range(_SENDS):
                add.send(number, 2)
            return _SENDS / (time.perf_counter() - started)

        def theirs() -> float:
            started = time.perf_counter()
            for _ in range(_SENDS):
                connection.execute(insert, insert_params(bench))
            return _SENDS / (time.perf_counter() - started)

        mine, bare, ratio = alternate(ours, theirs)
    return Figure("send one by one, a second", f"{mine:,.0f}", f"{bare:,.0f} bare inserts", ratio, "at least 0.70")


def _many(bench: Bench, add: Task[[int, int], int]) -> Figure:
    bench.query("create table {schema}.copied (like {schema}.tasks including all)")
    with bench.connect() as connection:

        def ours() -> float:
            bench.query("truncate {schema}.tasks")
            started = time.perf_counter()
            add.send_many([(number, 2) for number in range(_MANY)])
            return _MANY / (time.perf_counter() - started)

        def theirs() -> float:
            bench.query("truncate {schema}.copied")
            return _MANY / copy_tasks(bench, connection, _MANY, table="copied")

        mine, bare, ratio = alternate(ours, theirs)
    return Figure("send_many, tasks a second", f"{mine:,.0f}", f"{bare:,.0f} by COPY", ratio, "at least 0.25")
