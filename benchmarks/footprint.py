"""What horsies costs when it does nothing: import time, an idle worker's queries, connections and memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.bench import REPOSITORY, Bench
from benchmarks.figures import Figure

_IDLE_SECONDS = 20.0
_SETTLE_SECONDS = 12.0
"""Idle backends hand in their statistics after ten seconds; until then earlier work would count."""


def measure(bench: Bench) -> list[Figure]:
    """All of it."""
    return [_import_time(), *_idle_worker(bench)]


def _import_time() -> Figure:
    ours, theirs = "import horsies", "import attrs, cattrs, asyncio"
    for statement in (ours, theirs):
        _import_seconds(statement)  # Compiles what is not compiled yet.
    pairs = [(_import_seconds(ours), _import_seconds(theirs)) for _ in range(9)]
    mine = statistics.median(one for one, _ in pairs)
    base = statistics.median(other for _, other in pairs)
    ratio = statistics.median(one / other for one, other in pairs)
    return Figure(
        "client import, ms", f"{mine * 1000:.0f}", f"{base * 1000:.0f} for attrs, cattrs, asyncio", ratio, "at most 1.5"
    )


def _import_seconds(statement: str) -> float:
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    # Compiled modules are kept, as they are on any machine but a developer's with a setting like this one.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=REPOSITORY
    )
    return float(done.stdout)


def _idle_worker(bench: Bench) -> list[Figure]:
    with bench.database_of_its_own() as quiet, quiet.worker(processes=8) as process:
        time.sleep(_SETTLE_SECONDS)
        before = _transactions(quiet)
        time.sleep(_IDLE_SECONDS)
        # One of them is ours, asking.
        queries = (_transactions(quiet) - before - 1) / _IDLE_SECONDS
        connections = bench.query("select count(*) from pg_stat_activity where application_name ~ '^horsies worker '")[
            0
        ][0]
        children = psutil.Process(process.pid).children()
        memory = statistics.median(child.memory_full_info().uss for child in children) / 2**20
        supervisor = psutil.Process(process.pid).memory_full_info().uss / 2**20
    imported = _memory_after("import benchmarks.bench_app")
    return [
        Figure("idle worker, transactions a second", f"{queries:.2f}", target="under 1"),
        Figure("connections with 8 children", f"{connections}", target="at most 3"),
        Figure("memory of a child, MB (USS)", f"{memory:.1f}", f"{imported:.1f} for importing the app"),
        Figure("memory of the supervisor, MB (USS)", f"{supervisor:.1f}"),
    ]


def _transactions(bench: Bench) -> int:
    rows = bench.query("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()")
    return int(rows[0][0])


def _memory_after(statement: str) -> float:
    code = f"{statement}; import os, psutil; print(psutil.Process().memory_full_info().uss)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY, env=dict(os.environ)
    )
    return int(done.stdout) / 2**20
