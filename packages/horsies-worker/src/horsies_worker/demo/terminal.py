"""The demo on a terminal: a table that lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

# rich-click, which the worker needs, is made of rich.
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from horsies_core.lifecycle import TaskStatus
from horsies_worker.demo.watching import Progress

_FRAMES_PER_SECOND = 12
_STYLES = {
    TaskStatus.PENDING: "dim",
    TaskStatus.CLAIMED: "cyan",
    TaskStatus.RUNNING: "bold cyan",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "yellow",
}


class Terminal:
    """A Screen with colours and a table of all calls."""

    def __init__(self, console: Console) -> None:
        self._console = console
        # Terminals that speak no UTF-8 are still about.
        self._good, self._bad = ("+", "x") if console.options.ascii_only else ("✓", "✗")

    def title(self, text: str) -> None:
        self._console.print(f"\n[bold]{text}[/]\n")

    @contextmanager
    def step(self, text: str) -> Generator[Callable[[str], None]]:
        texts = [text]
        start = time.monotonic()

        def update(now: str) -> None:
            texts.append(now)
            status.update(f"{now} ...")

        with self._console.status(f"{text} ...") as status:
            yield update
        seconds = time.monotonic() - start
        self._console.print(Text.assemble((f"{self._good} ", "green"), texts[-1], (f"  {seconds:.1f} s", "dim")))

    @contextmanager
    def calls(self, followed: Sequence[Progress]) -> Generator[Callable[[Progress], None]]:
        spinner = Spinner("line" if self._console.options.ascii_only else "dots", style="cyan")

        def frame() -> Group:
            return Group("", self._table(followed, spinner), "")

        with Live(get_renderable=frame, console=self._console, refresh_per_second=_FRAMES_PER_SECOND):
            yield lambda _: None  # every frame looks at all of them

    def verdict(self, text: str, *, good: bool) -> None:
        mark, style = (self._good, "bold green") if good else (self._bad, "bold red")
        self._console.print(Text(f"{mark} {text}", style))

    def say(self, text: str) -> None:
        self._console.print(Text(text))

    def _table(self, followed: Sequence[Progress], spinner: Spinner) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for header in ("task", "what it does", "", "status", "time", "result"):
            table.add_column(header, no_wrap=True, justify="right" if header == "time" else "left")
        for progress in followed:
            call = progress.call
            table.add_row(
                Text(call.text, "bold"),
                Text(call.shows, "dim"),
                spinner if progress.status is TaskStatus.RUNNING else self._mark(progress),
                Text(progress.status.value, _STYLES.get(progress.status, "")),
                Text(f"{progress.seconds:.2f} s"),
                Text(progress.outcome, _STYLES.get(progress.status, "")),
            )
        return table

    def _mark(self, progress: Progress) -> Text:
        if progress.result is None:
            return Text(" ")
        return Text(self._good, "green") if progress.is_as_expected else Text(self._bad, "bold red")
