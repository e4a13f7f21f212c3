"""The board: a page of memory that a child shares with its supervisor, one byte for each task it holds.

The child sets a task's byte before the task's code begins. However the child dies, the page survives it, so the
supervisor knows which tasks had begun (they crashed) and which had not (they are released as if never claimed).
Messages could not tell: the last ones may die with the child.
"""

from __future__ import annotations

import mmap
import os
import tempfile

SLOTS = 4096
"""One page: no child ever holds this many tasks at once."""


class Board:
    """Which of a child's slots have begun. Each byte is set by the child and cleared by the supervisor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._page = mmap.mmap(descriptor, SLOTS)

    @classmethod
    def create(cls) -> Board:
        """A new, clear board in memory that belongs to no file name."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("horsies-board")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, SLOTS)
        return cls(descriptor)

    def mark_begun(self, slot: int) -> None:
        """The task in this slot begins now."""
        self._page[slot] = 1

    def has_begun(self, slot: int) -> bool:
        """Whether the code of the task in this slot has begun."""
        return self._page[slot] == 1

    def clear(self, slot: int) -> None:
        """The slot is given to another task."""
        self._page[slot] = 0

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()
        os.close(self.descriptor)
