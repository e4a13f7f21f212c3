"""What `import horsies` costs a web process: nothing is opened, no driver is loaded, and it is quick."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median

IMPORTS_QUIETLY = """
import sys

def refuse(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn")):
        raise AssertionError(f"the import did this: {event} {arguments}")

sys.addaudithook(refuse)
import horsies
from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult

app = Horsies(AppConfig(broker=PostgresConfig(database_url="postgresql://ann:secret@db.example/shop")))

@app.task("double")
def double(number: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=2 * number)

import threading
assert threading.active_count() == 1
print(*sorted(sys.modules))
"""

TIMES = """
import time
began = time.perf_counter()
import {}
print(time.perf_counter() - began)
"""


# Users have compiled bytecode.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout


def seconds(modules: str) -> float:
    return float(run(TIMES.format(modules)))


def test_importing_and_defining_load_no_driver_no_worker_and_open_nothing() -> None:
    loaded = {name.partition(".")[0] for name in run(IMPORTS_QUIETLY).split()}
    assert "horsies_client" in loaded
    assert loaded.isdisjoint(
        {"psycopg", "psycopg_pool", "horsies_worker", "rich", "rich_click", "click", "pydantic", "sqlalchemy"}
    )


def test_the_import_takes_at_most_half_again_of_what_attrs_cattrs_and_asyncio_take() -> None:
    seconds("horsies")  # Bytecode is compiled, files are cached.
    seconds("attrs, cattrs, asyncio")
    # By turns: whatever else the machine does in a moment, it does to both.
    rounds = [(seconds("horsies"), seconds("attrs, cattrs, asyncio")) for _ in range(9)]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    assert ours <= 1.5 * theirs, f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms"
