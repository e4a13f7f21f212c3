"""A page of the documentation, taken apart: its code blocks, and what a test is to do with each.

A comment on the line before a block says what the block's language does not:

    <!-- file: instance.py -->        the block is this file
    <!-- output -->                   the block is what the last program printed
    <!-- fails with: 1 -->            the commands end by themselves, with this exit code
    <!-- not run: the reason -->      the block is not executed

`<!-- database: embedded -->`, anywhere, says that nothing tells the programs of this page where a database is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

REPOSITORY = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<ticks>`{3,}|~{3,})(?P<language>.*)$")
_MARKER = re.compile(r"^<!-- (?P<verb>file|output|fails with|not run)(?:: (?P<detail>.+))? -->$")
_EMBEDDED = "<!-- database: embedded -->"


@frozen
class Block:
    """A fenced block. `verb` is its marker's, empty if it has none."""

    page: Path
    line: int
    language: str
    verb: str
    detail: str
    text: str

    @property
    def place(self) -> str:
        """Such as "docs/quick-start.md:12", for messages."""
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


@frozen
class Page:
    """A page with its blocks, in their order."""

    path: Path
    text: str
    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path) -> Page:
        """Read a page of the repository."""
        text = path.read_text(encoding="utf-8")
        return cls(path, text, tuple(_blocks(path, text.splitlines())))

    @property
    def name(self) -> str:
        """Its path in the repository."""
        return str(self.path.relative_to(REPOSITORY))

    @property
    def is_embedded(self) -> bool:
        """Whether its programs are to find a database by themselves."""
        return _EMBEDDED in self.text.splitlines()


def documentation() -> list[Page]:
    """The README and everything in docs/."""
    return [Page.read(path) for path in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]]


def every_page() -> list[Page]:
    """Those, and the other pages that a reader comes by."""
    others = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md")
    return [*documentation(), *(Page.read(REPOSITORY / name) for name in others)]


def _blocks(path: Path, lines: list[str]) -> Iterator[Block]:
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            number += 1
            continue
        end = lines.index(fence["ticks"], number + 1)
        verb, detail = _marker_before(lines, number)
        text = "\n".join(lines[number + 1 : end])
        yield Block(path, number + 1, fence["language"].strip(), verb, detail, text)
        number = end + 1


def _marker_before(lines: list[str], number: int) -> tuple[str, str]:
    above = next((line for line in reversed(lines[:number]) if line), "")
    marker = _MARKER.match(above)
    return (marker["verb"], marker["detail"] or "") if marker else ("", "")
