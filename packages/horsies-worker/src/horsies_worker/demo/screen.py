"""What the demo needs of the place where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from horsies_worker.demo.watching import Progress

NEXT_STEPS = """\
Your own, in a file instance.py:

    from horsies import AppConfig, Horsies, TaskError, TaskResult

    app = Horsies(AppConfig())

    @app.task("greet")
    def greet(name: str) -> TaskResult[str, TaskError]:
        return TaskResult(ok=f"hello {name}")

then, in two terminals:

    horsies worker instance:app
    python -c "from instance import greet; print(greet.send('Ada').get())"
"""


class Screen(Protocol):
    """A terminal, or lines of plain text."""

    def title(self, text: str) -> None:
        """Begin."""
        ...

    def step(self, text: str) -> AbstractContextManager[Callable[[str], None]]:
        """Something that takes time. What it yields changes the text; the last one stays, with the seconds it took."""
        ...

    def calls(self, followed: Sequence[Progress]) -> AbstractContextManager[Callable[[Progress], None]]:
        """Show the calls as they go. What it yields is told of every change."""
        ...

    def verdict(self, text: str, *, good: bool) -> None:
        """Say how it went."""
        ...

    def say(self, text: str) -> None:
        """Say it as it is."""
        ...
