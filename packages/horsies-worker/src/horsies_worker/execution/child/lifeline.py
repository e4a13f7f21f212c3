"""No child outlives its supervisor.

Two lines hold it: the closed pipe, seen by a thread that needs the interpreter to be free for a moment, and on Linux
the parent-death signal, which needs nothing and ends even a task that is stuck in C code.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends. Exits if that has happened already."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent or parent == 1:
        # The supervisor died before the kernel was asked. (As pid 1 of a container it is alive: the pipe tells.)
        _exit_unless_init_is_the_supervisor()


def _exit_unless_init_is_the_supervisor() -> None:
    if os.environ.get("HORSIES_SUPERVISOR_PID") != str(os.getppid()):
        os._exit(1)
