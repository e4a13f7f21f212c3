"""The database answers and refuses: for a while, or one row of many."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from horsies import LibraryErrorCode, TaskResult
from tests.support.blocked_tasks import Block
from tests.support.eventually import eventually
from tests.support.shop import Shop
from tests.support.workers import Workers
from tests.support.workshop import Workshop

PATIENCE_MS = 30_000


@contextmanager
def refusing(shop: Shop, table: str, *, code: str, when: str = "true") -> Generator[None]:
    """Every change of the table that fulfils the condition is refused with this SQLSTATE."""
    shop.query(f"""
        create function {{schema}}.refuse() returns trigger language plpgsql as $$
        begin
            if {when} then
                raise exception 'refused as the test wants it' using errcode = '{code}';
            end if;
            return null;
        end $$
    """)
    shop.query(
        f"create trigger refuse after insert or update or delete on {{schema}}.{table}"
        " for each row execute function {schema}.refuse()"
    )
    yield
    shop.query(f"drop trigger refuse on {{schema}}.{table}")


def test_a_database_that_is_read_only_for_a_while_stops_progress_and_nothing_else(
    shop: Shop, workshop: Workshop, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start(processes=1)
    block = Block(tmp_path / "block")
    handle = workshop.wait_for_file.send(block.path)
    block.wait_begun()
    with refusing(shop, "tasks", code="25006"):
        block.lift()
        eventually(lambda: "refused a turn" in worker.log)
    assert handle.get(PATIENCE_MS) == TaskResult(ok=block.path)
    assert len(block.pids()) == 1
    assert worker.stop() == 0


def test_a_full_disk_keeps_claims_from_being_made_and_loses_none(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    worker = workers.start(processes=1)
    with refusing(shop, "tasks", code="53100", when="tg_op = 'UPDATE'"):
        handles = workshop.add.send_many([(number, 1) for number in range(50)])
        eventually(lambda: "refused a turn" in worker.log)
    assert [handle.get(PATIENCE_MS) for handle in handles] == [TaskResult(ok=number + 1) for number in range(50)]
    assert shop.query("select max(attempt) from {schema}.finished") == [(1,)]


def test_a_result_that_the_database_refuses_ends_as_an_error_and_its_neighbours_as_they_are(
    shop: Shop, workshop: Workshop, workers: Workers
) -> None:
    worker = workers.start(processes=1)
    with refusing(shop, "finished", code="22021", when="strpos(new.result, 'poison') > 0"):
        names = [f"number {number}" for number in range(40)]
        names[20] = "poison"
        handles = workshop.greet.send_many([(name,) for name in names])
        results = [handle.get(PATIENCE_MS) for handle in handles]
    assert results.pop(20).unwrap_err().error_code is LibraryErrorCode.WORKER_SERIALIZATION_ERROR
    del names[20]
    assert results == [TaskResult(ok=f"hello {name}") for name in names]
    assert worker.stop() == 0
