"""The picture of a task's states is the declared one."""

from __future__ import annotations

from horsies_core.lifecycle import TASK_MOVES
from tests.support.pages import REPOSITORY, Page
from tools.state_diagram import state_diagram


def test_the_diagram_shows_exactly_the_declared_moves() -> None:
    page = Page.read(REPOSITORY / "docs" / "how-it-works.md")
    drawn = [block.text for block in page.blocks if block.language == "mermaid"]
    assert drawn == [state_diagram(TASK_MOVES)], "run: python tools/state_diagram.py"
