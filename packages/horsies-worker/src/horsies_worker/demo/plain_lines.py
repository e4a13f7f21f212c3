"""The demo as lines of text: for files, pipes and logs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from horsies_worker.demo.watching import Progress


class PlainLines:
    """A Screen that writes a line for every event."""

    def title(self, text: str) -> None:
        self.say(text)

    @contextmanager
    def step(self, text: str) -> Generator[Callable[[str], None]]:
        texts = [text]
        start = time.monotonic()
        yield texts.append
        self.say(f"[{time.monotonic() - start:.1f} s] {texts[-1]}")

    @contextmanager
    def calls(self, followed: Sequence[Progress]) -> Generator[Callable[[Progress], None]]:
        for progress in followed:
            self._line(progress)
        yield self._line

    def verdict(self, text: str, *, good: bool) -> None:
        self.say(f"{'good' if good else 'bad'}: {text}")

    def say(self, text: str) -> None:
        # A line is seen when it is written, in a pipe as well.
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def _line(self, progress: Progress) -> None:
        status = progress.status.value
        self.say(f"{progress.seconds:6.2f} s  {progress.call.text:<18}{status:<11}{progress.outcome}".rstrip())
