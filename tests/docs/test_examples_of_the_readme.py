"""What the README quotes is what it quotes from."""

from __future__ import annotations

from pathlib import Path

from horsies_worker.demo.calls import calls
from tests.support.pages import REPOSITORY, Page

README = Page.read(REPOSITORY / "README.md")


def test_the_figures_are_those_of_the_benchmarks() -> None:
    rows = [line for line in README.text.splitlines() if line.startswith("| ") and line.count("|") == 6]
    measured = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(rows) > 1
    assert set(rows) <= set(measured)


def test_the_demo_is_shown_with_its_calls_and_how_each_ends() -> None:
    (shown,) = [block.text for block in README.blocks if block.text.startswith("horsies demo")]
    for call in calls(Path()):
        assert any(call.text in line and line.endswith(call.ends) for line in shown.splitlines()), call.text
