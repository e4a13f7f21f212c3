"""Nothing in the documentation points at what is not there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.pages import REPOSITORY, Page, every_page

PAGES = every_page()
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
NAMED_FILE = re.compile(r"`(?P<path>(?!path/to/)[\w.]+(?:/[\w.]+)+\.(?:py|sql|md))`")


def prose(page: Page) -> str:
    return CODE.sub("", page.text)


@cache
def files() -> frozenset[str]:
    """Every file of the repository, as a path that begins with a slash."""
    found: set[str] = set()
    for directory, directories, names in os.walk(REPOSITORY):
        directories[:] = [name for name in directories if not name.startswith(".")]
        found.update(f"/{(Path(directory) / name).relative_to(REPOSITORY)}" for name in names)
    return frozenset(found)


def anchors(path: Path) -> set[str]:
    """The names by which headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_and_a_heading_that_exist(page: Page) -> None:
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(path), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_source_file_that_a_page_names_exists(page: Page) -> None:
    """Pages name files from their package on, `plans/turning.py`, so the end of the path is what counts."""
    for name in NAMED_FILE.findall(prose(page)):
        assert any(file.endswith(f"/{name}") for file in files()), f"{page.name}: {name}"


def test_every_page_of_the_docs_can_be_reached_from_their_index() -> None:
    docs = REPOSITORY / "docs"
    index = (docs / "index.md").read_text(encoding="utf-8")
    linked = {(docs / target.partition("#")[0]).resolve() for target in LINK.findall(index)}
    assert {page.path for page in PAGES if docs in page.path.parents} - {docs / "index.md"} <= linked
