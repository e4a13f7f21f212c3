"""A migrated schema under guard, for tests that speak to the database through plans."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from attrs import frozen
from psycopg.rows import dict_row

from horsies_client.postgres.sync_runner import run
from horsies_core.identifiers import new_task_id
from horsies_core.new_task import NewTask
from horsies_core.plans import Plan
from horsies_core.plans.enqueueing import enqueue
from horsies_core.plans.migrating import migrate
from tests.support.guard import install_guard

T = TypeVar("T")


@frozen
class Shop:
    """One schema, one connection."""

    url: str
    schema: str
    connection: psycopg.Connection[Any]

    @classmethod
    @contextmanager
    def open(cls, url: str, schema: str) -> Generator[Shop]:
        """Migrate and guard the schema."""
        with psycopg.connect(url, autocommit=True) as connection:
            run(migrate(schema), connection, schema)
            install_guard(connection, schema)
            yield cls(url, schema, connection)

    def run(self, plan: Plan[T]) -> T:
        """Drive a plan on this shop's connection."""
        return run(plan, self.connection, self.schema)

    def query(self, text: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query in which `{schema}` stands for the schema."""
        filled = text.replace("{schema}", f'"{self.schema}"').encode()
        cursor = self.connection.execute(filled, params)
        return cursor.fetchall() if cursor.description else []

    def status(self, task_id: UUID | str) -> str:
        """Where the task stands."""
        return self.row(task_id)["status"]

    def row(self, task_id: UUID | str) -> dict[str, Any]:
        """The task's row, live or finished."""
        query = f'select * from "{self.schema}".all_tasks where id = %s'
        with self.connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(query.encode(), [str(task_id)]).fetchone()
        assert row is not None, f"there is no task {task_id}"
        return row

    def enqueue(self, name: str = "greet", **options: Any) -> NewTask:
        """Enqueue a task with plain arguments."""
        given = {"queue": "default", "priority": 100, "args": "{}", **options}
        task = NewTask(id=new_task_id(), name=name, **given)
        self.run(enqueue(task, schema=self.schema, reply_to=None))
        return task
