"""`horsies ...`, run as a process of its own, to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from attrs import frozen

_WITHIN_SECONDS = 60.0


@frozen
class Finished:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def tracebacks_of_ours(self) -> list[str]:
        """The lines of tracebacks that lead through horsies."""
        return [line for line in self.err.splitlines() if line.startswith("  File ") and "/horsies_" in line]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without a database for horsies, and plain output; with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HORSIES_DA", "HORSIES_DE"))}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "120", **more}


def horsies(*arguments: str, directory: Path, **environment: str) -> Finished:
    """Run the command in a directory; without a database but one that the environment given here names."""
    ended = subprocess.run(
        [sys.executable, "-m", "horsies_worker", *arguments],
        cwd=directory,
        env=clean_environment(**environment),
        check=False,
        capture_output=True,
        text=True,
        timeout=_WITHIN_SECONDS,
    )
    return Finished(ended.returncode, ended.stdout, ended.stderr)
