"""The page of error codes lists what this version can say: no code more, none less."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from horsies_core.error_codes import LibraryErrorCode
from horsies_core.errors import ErrorCode
from tests.support.pages import REPOSITORY

SOURCES = [
    path for path in REPOSITORY.glob("packages/*/src/**/*.py") if path.name not in ("errors.py", "error_codes.py")
]
ROW = re.compile(r"^\| `(?P<code>[A-Z][A-Z0-9_]*)` \| (?P<cause>[^|]+) \| (?P<remedy>[^|]+) \|$")


def used(enumeration: str) -> set[str]:
    """The members that the packages' code names."""
    return {name for path in SOURCES for name in _members(path, enumeration)}


def listed(heading: str) -> list[str]:
    """The codes in the table below a heading of the page."""
    text = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    matches = [ROW.match(row) for row in rows]
    assert all(matches), f"a row without code, cause or remedy: {rows}"
    return [match["code"] for match in matches if match]


def test_every_code_that_a_result_can_carry_is_listed_once() -> None:
    codes = [LibraryErrorCode[name].value for name in used("LibraryErrorCode")]
    assert sorted(listed("In results")) == sorted(codes)


def test_every_code_of_a_mistake_in_a_program_is_listed_in_order() -> None:
    codes = sorted(ErrorCode[name].value for name in used("ErrorCode"))
    assert listed("In programs") == codes


def _members(path: Path, enumeration: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == enumeration:
            yield node.attr
