"""Tasks that treat the process they run in badly."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from attrs import frozen

from horsies import Horsies, Task, TaskError, TaskResult


@frozen
class Misconduct:
    """The tasks."""

    flood: Task[[int], int]
    close_standard_files: Task[[], int]
    close_everything: Task[[], int]
    change_directory: Task[[str], str]
    ignore_signals: Task[[], int]
    leave_daemon: Task[[str], int]
    return_twice: Task[[], int]
    start_helper_and_die: Task[[str], int]
    leave_thread: Task[[], int]
    spin: Task[[str], int]
    search_for_ever: Task[[str], int]


def define_misconduct(app: Horsies) -> Misconduct:  # noqa: C901 (a list of tasks)
    """Define them on `app`."""

    @app.task("flood")
    def flood(lines: int) -> TaskResult[int, TaskError]:
        for number in range(lines):
            print(f"line {number} of a flood that nobody asked for")
            print("and on the other one", file=sys.stderr)
        return TaskResult(ok=lines)

    @app.task("close_standard_files")
    def close_standard_files() -> TaskResult[int, TaskError]:
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        return TaskResult(ok=os.getpid())

    @app.task("close_everything")
    def close_everything() -> TaskResult[int, TaskError]:
        os.closerange(0, 256)
        return TaskResult(ok=os.getpid())

    @app.task("change_directory")
    def change_directory(path: str) -> TaskResult[str, TaskError]:
        os.chdir(path)
        return TaskResult(ok=str(Path.cwd()))

    @app.task("ignore_signals")
    def ignore_signals() -> TaskResult[int, TaskError]:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        return TaskResult(ok=os.getpid())

    @app.task("leave_daemon")
    def leave_daemon(path: str) -> TaskResult[int, TaskError]:
        """Leave a process that has every file of ours open, in a session of its own, and has its pid in `path`."""
        if os.fork() == 0:
            os.setsid()
            Path(path).write_text(str(os.getpid()))
            signal.pause()
        return TaskResult(ok=os.getpid())

    @app.task("return_twice")
    def return_twice() -> TaskResult[int, TaskError]:
        os.fork()
        return TaskResult(ok=os.getpid())

    @app.task("start_helper_and_die")
    def start_helper_and_die(path: str) -> TaskResult[int, TaskError]:
        """Leave a program running, with its pid in `path`."""
        helper = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        Path(path).write_text(str(helper.pid))
        os._exit(1)

    @app.task("leave_thread")
    def leave_thread() -> TaskResult[int, TaskError]:
        threading.Thread(target=time.sleep, args=(60,), daemon=False).start()
        return TaskResult(ok=os.getpid())

    @app.task("spin")
    def spin(path: str) -> TaskResult[int, TaskError]:
        """Never leave Python."""
        Path(path).write_text(str(os.getpid()))
        while True:
            pass

    @app.task("search_for_ever")
    def search_for_ever(path: str) -> TaskResult[int, TaskError]:
        """Never come back from C; no other thread of the process runs meanwhile."""
        Path(path).write_text(str(os.getpid()))
        if sys.platform == "linux":
            ctypes.PyDLL(None).sleep(60)
        re.fullmatch("(a+)+", "a" * 64 + "b")
        return TaskResult(ok=0)

    return Misconduct(
        flood=flood,
        close_standard_files=close_standard_files,
        close_everything=close_everything,
        change_directory=change_directory,
        ignore_signals=ignore_signals,
        leave_daemon=leave_daemon,
        return_twice=return_twice,
        start_helper_and_die=start_helper_and_die,
        leave_thread=leave_thread,
        spin=spin,
        search_for_ever=search_for_ever,
    )
