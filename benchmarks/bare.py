"""psycopg alone: the same statements on the same tables, with nothing around them."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks.bench import Bench
from horsies_core.channels import work_channel
from horsies_core.plans.turning import CANCELLED
from horsies_core.statements import statement

ARGS = '{"a":1,"b":2}'
RESULT = '{"ok":3}'


class BareClaimer:
    """Claims and settles in a loop, as fast as one connection can."""

    def __init__(self, bench: Bench, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._claim = statement("task/claim_and_start", bench.schema)
        self._settle = statement("task/settle", bench.schema)
        self._incarnation = uuid4()
        connection.execute(
            statement("worker/register", bench.schema),
            {"incarnation": self._incarnation, "host": "bare", "pid": 0, "processes": 0, "lease": 0.0},
        )

    def claim_params(self, limit: int) -> dict[str, Any]:
        """Parameters of a claim under a fresh token."""
        return {
            "claim_token": uuid4(),
            "incarnation": self._incarnation,
            "queues": ["default"],
            "names": ["add"],
            "limit": limit,
        }

    @staticmethod
    def settle_params(ids: list[UUID], token: UUID) -> dict[str, Any]:
        """Parameters that settle these as completed."""
        count = len(ids)
        return {
            "ids": ids,
            "claim_tokens": [token] * count,
            "statuses": ["COMPLETED"] * count,
            "error_codes": [None] * count,
            "results": [RESULT] * count,
            "cancelled": CANCELLED,
        }

    def drain(self, limit: int) -> int:
        """Settle the last claim and take the next, in one pipeline, until nothing is left; how many there were."""
        settling, claiming = self._connection.cursor(binary=True), self._connection.cursor(binary=True)
        ids: list[UUID] = []
        token = uuid4()
        count = 0
        while True:
            params = self.claim_params(limit)
            with self._connection.pipeline():
                if ids:
                    settling.execute(self._settle, self.settle_params(sorted(ids), token))
                claiming.execute(self._claim, params)
            token = params["claim_token"]
            ids = [row[0] for row in claiming.fetchall() if row[0] is not None]
            count += len(ids)
            if not ids:
                return count

    def one(self) -> None:
        """Claim one task and settle it, a commit each."""
        params = self.claim_params(1)
        rows = self._connection.execute(self._claim, params).fetchall()
        self._connection.execute(self._settle, self.settle_params([rows[0][0]], params["claim_token"])).fetchall()


def insert_params(bench: Bench) -> dict[str, Any]:
    """Parameters of one insert."""
    return {
        "id": uuid4(),
        "name": "add",
        "queue": "default",
        "priority": 50,
        "delay": 0.0,
        "args": ARGS,
        "run_at": None,
        "retry_policy": None,
        "good_until": None,
        "timeout_ms": None,
        "reply_to": None,
        "channel": work_channel(bench.schema),
    }


def copy_tasks(bench: Bench, connection: psycopg.Connection[Any], count: int, *, table: str = "tasks") -> float:
    """Copy rows into a table with the columns and indexes of `tasks`; seconds."""
    columns = "(id, name, queue, priority, enqueued_at, due_at, args)"
    started = time.perf_counter()
    now = "2020-01-01 00:00:00+00"
    command = f"copy {bench.schema}.{table} {columns} from stdin".encode()
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for _ in range(count):
            copy.write_row((uuid4(), "add", "default", 50, now, now, ARGS))
    return time.perf_counter() - started
