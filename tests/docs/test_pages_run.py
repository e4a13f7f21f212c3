"""The code in the documentation runs, in the order of each page, and prints what the page says."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.embedded_users import open_project
from tests.support.page_reader import PageReader
from tests.support.pages import Page, documentation

PAGES = [page for page in documentation() if any(block.verb != "not run" for block in page.blocks)]

# What no test executes, by page and by the line that the block begins with.
NOT_RUN: set[tuple[str, str]] = {
    ("README.md", "$ make demo"),
    ("README.md", "$ uv add 'horsies[embedded]'"),
    ("README.md", "horsies demo: a database, a worker, tasks and their results"),
    ("docs/quick-start.md", "$ uv add 'horsies[embedded]'"),
    ("docs/quick-start.md", "$ export HORSIES_DATABASE_URL=postgresql://user:password@localhost:5432/mydb"),
    ("docs/how-it-works.md", "stateDiagram-v2"),
    ("docs/sending.md", "from django.db import connection, transaction"),
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_can_be_followed_from_top_to_bottom(page: Page, database_url: str) -> None:
    with open_project() as directory, _database_for(page, database_url) as url:
        reader = PageReader(directory, database_url=url)
        try:
            for block in page.blocks:
                reader.follow(block)
            reader.close()
        except BaseException:
            print(reader.logs())
            raise
        finally:
            reader.kill()


def test_what_is_not_run_is_known_and_has_a_reason() -> None:
    skipped = [(page, block) for page in documentation() for block in page.blocks if block.verb == "not run"]
    assert {(page.name, block.text.partition("\n")[0]) for page, block in skipped} == NOT_RUN
    assert all(block.detail for _, block in skipped)


def test_only_a_block_that_runs_or_says_why_not_is_taken_for_a_block() -> None:
    """A fence that is not recognised, because it is indented, would be skipped in silence."""
    for page in documentation():
        fences = [line for line in page.text.splitlines() if line.lstrip().startswith(("```", "~~~"))]
        assert len(fences) == 2 * len(page.blocks), page.name


@contextmanager
def _database_for(page: Page, database_url: str) -> Generator[str | None]:
    """An empty database, because a page uses the default schema; None for a page that relies on the embedded one."""
    if page.is_embedded:
        yield None
        return
    name = f"docs_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        try:
            yield urlsplit(database_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            connection.execute(f"drop database {name}".encode())
