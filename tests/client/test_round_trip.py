"""Sent here, run by a real worker, awaited here."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from horsies import TaskResult
from tests.support.workers import REPOSITORY, Workers
from tests.support.workshop import Workshop

GETS_BY_ID = """
import sys
from uuid import UUID
from horsies import TaskHandle
from tests.support.workshop import build
workshop = build(sys.argv[1], sys.argv[2])
with workshop.app as app:
    print(TaskHandle(UUID(sys.argv[3]), app.broker, workshop.add.definition.results.decode).get(20_000).unwrap())
"""

PREFORK = """
import os, sys
from tests.support.workshop import build

workshop = build(sys.argv[1], sys.argv[2])
assert workshop.add.send(1, 1).get(20_000).unwrap() == 2  # The parent has a pool and a listener.
sent_before = workshop.add.send(2, 2)

def serve(number):
    assert sent_before.get(20_000).unwrap() == 4
    for term in range(5):
        assert workshop.add.send(number, term).get(20_000).unwrap() == number + term
    workshop.app.close()

children = []
for number in range(3):
    pid = os.fork()
    if pid == 0:
        try:
            serve(number)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        # As a worker of a web server ends: with what is registered for the exit of the interpreter.
        sys.exit(0)
    children.append(pid)
    assert workshop.add.send(10, number).get(20_000).unwrap() == 10 + number
assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
assert sent_before.get(20_000).unwrap() == 4
assert workshop.add.send(3, 3).get(20_000).unwrap() == 6
workshop.app.close()
print("all well")
"""


def run_program(program: str, *arguments: str) -> str:
    """Run it in a process of its own, warnings being errors; what it printed."""
    done = subprocess.run(
        # Python 3.12 and newer warn of any fork of a process with threads; that ours do no harm is what is shown here.
        [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c", program, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


async def send_and_get_all(workshop: Workshop, count: int) -> list[int]:
    handles = [await workshop.add.send_async(1, number) for number in range(count)]
    results = await asyncio.gather(*(handle.get_async(20_000) for handle in handles))
    return [result.unwrap() for result in results]


def test_a_task_is_sent_run_and_awaited_from_plain_code_coroutines_and_threads(
    workshop: Workshop, workers: Workers
) -> None:
    workers.start()
    assert workshop.greet.send("Ann").get(20_000) == TaskResult(ok="hello Ann")
    assert workshop.add.send_many([(1, 2), workshop.add.call(3, 4)])[1].get(20_000).unwrap() == 7
    assert asyncio.run(send_and_get_all(workshop, 50)) == [1 + number for number in range(50)]
    with ThreadPoolExecutor(8) as threads:
        sums = threads.map(lambda number: workshop.add.send(2, number).get(20_000).unwrap(), range(50))
        assert list(sums) == [2 + number for number in range(50)]


def test_a_result_can_be_had_by_id_in_another_process(
    workshop: Workshop, workers: Workers, database_url: str, schema: str
) -> None:
    workers.start()
    handle = workshop.add.send(20, 22)
    assert run_program(GETS_BY_ID, database_url, schema, handle.task_id) == "42\n"


def test_processes_forked_from_one_that_has_connections_send_and_get_while_it_goes_on(
    workers: Workers, database_url: str, schema: str, tmp_path: Path
) -> None:
    workers.start()
    assert run_program(PREFORK, database_url, schema) == "all well\n"
