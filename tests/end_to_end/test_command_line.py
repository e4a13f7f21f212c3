"""What every command has in common."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.command_line import horsies


def test_the_version_is_that_of_the_distribution(tmp_path: Path) -> None:
    told = horsies("--version", directory=tmp_path)
    assert told.out == f"horsies {version('horsies-worker')}\n"
    assert told.code == 0


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        ([], "$ horsies demo"),
        (["worker"], "$ horsies worker instance:app"),
        (["check"], "$ horsies check instance:app"),
        (["db", "migrate"], "$ horsies db migrate instance:app"),
        (["db", "status"], "$ horsies db status instance:app"),
    ],
)
def test_help_shows_examples(tmp_path: Path, arguments: list[str], example: str) -> None:
    told = horsies(*arguments, "--help", directory=tmp_path)
    assert example in told.out
    assert told.code == 0


def test_horsies_worker_with_a_hyphen_is_the_worker_command(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("horsies-worker")
    told = subprocess.run([program, "--help"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "Usage: horsies-worker [OPTIONS] LOCATOR" in told.stdout


def test_help_needs_neither_the_driver_nor_an_event_loop_nor_the_client() -> None:
    program = (
        "import sys, horsies_worker.cli\n"
        "print([name for name in ('psycopg', 'asyncio', 'horsies_client', 'cattrs') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"


def test_a_worker_from_code_and_its_children_do_without_the_command_line() -> None:
    program = (
        "import sys, horsies_worker.worker, horsies_worker.execution.child.main\n"
        "print([name for name in ('rich_click', 'click', 'rich') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"
