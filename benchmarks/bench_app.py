"""The app that is measured; workers import it as `benchmarks.bench_app:app`."""

from __future__ import annotations

import os

from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult

app = Horsies(
    AppConfig(
        broker=PostgresConfig(
            database_url=os.environ.get("HORSIES_BENCH_URL"), schema=os.environ.get("HORSIES_BENCH_SCHEMA", "bench")
        )
    )
)


@app.task("add")
def add(a: int, b: int) -> TaskResult[int, TaskError]:
    """Nothing to do: what is measured is everything around it."""
    return TaskResult(ok=a + b)
