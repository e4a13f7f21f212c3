"""Both type checkers take what is right in a user's code, and refuse what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]


def check(checker: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", checker, *map(str, paths)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("checker", ["pyright", "mypy"])
def test_right_uses_pass_and_every_wrong_one_is_refused_where_it_is_marked(checker: str) -> None:
    # A mark that nothing needs is an error by itself: see pyproject.toml.
    done = check(checker, *sorted(FOLDER.glob("*.py")))
    assert done.returncode == 0, done.stdout
