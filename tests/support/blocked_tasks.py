"""Tasks that run until the test says so, and the files by which it does."""

from __future__ import annotations

from pathlib import Path

from tests.support.eventually import eventually


class Block:
    """A file that `wait_for_file`, `wait_or_pass` and `gather` wait for."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def pids(self) -> list[int]:
        """The processes of the runs that have begun, one for each run."""
        return _numbers_in(f"{self.path}.begun")

    def ended(self) -> list[int]:
        """The same of those that have ended."""
        return _numbers_in(f"{self.path}.ended")

    def wait_begun(self, runs: int = 1) -> int:
        """Until so many runs have begun; the process of the last one."""
        eventually(lambda: len(self.pids()) >= runs, within=20)
        return self.pids()[-1]

    def wait_ended(self) -> None:
        """Until a run has come to its end."""
        eventually(self.ended, within=20)

    def lift(self) -> None:
        """Let them end."""
        Path(self.path).touch()


def _numbers_in(path: str) -> list[int]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    # The last line may be on its way.
    return [int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
