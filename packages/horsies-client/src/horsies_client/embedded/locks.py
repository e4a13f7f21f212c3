"""Who is alive, told by `flock`: the kernel lets go of a lock when its last holder dies, however it dies.

A lock belongs to the open file description. A forked or spawned process that inherits the descriptor holds the lock as
well, closing one descriptor leaves it to the others, and only LOCK_UN takes it from all of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":  # `attach` says so in plain words there; an import must not.
    import fcntl

# Short enough not to be noticed by a person, long enough not to be noticed by a processor.
POLL_SECONDS = 0.01


class LockTimeout(Exception):
    """The lock was not to be had before the deadline."""


def open_lock(path: Path) -> int:
    """Open (or make) the lock file and return its descriptor, which a new program does not inherit."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def share(descriptor: int, *, deadline: float) -> None:
    """Take the lock together with others, before `deadline` (monotonic seconds). Raises LockTimeout."""
    _take(descriptor, fcntl.LOCK_SH, deadline)


def own(descriptor: int, *, deadline: float) -> None:
    """Take the lock alone, before `deadline` (monotonic seconds). Raises LockTimeout."""
    _take(descriptor, fcntl.LOCK_EX, deadline)


def own_when_free(descriptor: int) -> None:
    """Take the lock alone, however long it takes until every other holder is gone."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def owned(path: Path, *, deadline: float) -> Generator[None]:
    """Hold the lock alone for the length of a block. Raises LockTimeout."""
    descriptor = open_lock(path)
    try:
        own(descriptor, deadline=deadline)
        try:
            yield
        finally:
            # Not left to close: a process forked meanwhile by another thread would go on holding it.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def is_owned(path: Path) -> bool:
    """Tell whether somebody holds the lock alone at this moment."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _take(descriptor: int, mode: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockTimeout from None
            time.sleep(POLL_SECONDS)
        else:
            return
