"""The board: a stretch of memory that a child shares with its supervisor, one number for each task it holds.

The child writes the time at which a task's code begins, before it begins. However the child dies, the board survives
it, so the supervisor knows which tasks had begun (they crashed) and which had not (they are released as if never
claimed). Messages could not tell: the last ones may die with the child. And whatever the child is busy with, the
supervisor can read how long a task has been running.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import time

SLOTS = 4096
"""No child ever holds this many tasks at once."""

_BYTES = SLOTS * 8


class Board:
    """When the task in each slot began, in monotonic time, which all processes of a machine share. Each number is set
    by the child and cleared by the supervisor.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _BYTES)
        self._times = memoryview(self._memory).cast("d")

    @classmethod
    def create(cls) -> Board:
        """A new, clear board in memory that belongs to no file name."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("horsies-board")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, _BYTES)
        return cls(descriptor)

    def mark_begun(self, slot: int) -> None:
        """The task in this slot begins now."""
        self._times[slot] = time.monotonic()

    def begun_at(self, slot: int) -> float | None:
        """When the code of the task in this slot began; None if it has not."""
        return self._times[slot] or None

    def clear(self, slot: int) -> None:
        """The slot is given to another task."""
        self._times[slot] = 0.0

    def close(self) -> None:
        """Let go of the memory."""
        self._times.release()
        self._memory.close()
        os.close(self.descriptor)
