"""Processes that use an embedded server, to be started, told to leave, and killed."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.eventually import eventually

ATTACHED_UNTIL_TOLD = """
import json, sys
from pathlib import Path
from horsies_client.embedded import attach
server = attach(Path(sys.argv[1]))
print(json.dumps({"pid": server.pid, "url": server.url}), flush=True)
sys.stdin.read()
"""


class User:
    """A process that attaches to the server of `directory`, and stays until it is told to leave."""

    def __init__(self, directory: Path, program: str = ATTACHED_UNTIL_TOLD) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> dict[str, object]:
        """Return what it prints next; its error if it prints none."""
        assert self.process.stdout
        assert self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def leave(self) -> int:
        """Let it come to its end, and return its exit code."""
        self.process.communicate(timeout=30)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def open_project(**where: str) -> Iterator[Path]:
    """Yield a directory that every account can reach, and see that no process of its server outlives the block.

    Not pytest's tmp_path: that is closed to other accounts, and as root the server runs under one.
    """
    project = Path(tempfile.mkdtemp(prefix="horsies-test-", **where)).resolve()
    project.chmod(0o755)
    try:
        yield project
        eventually(lambda: not processes_of(project), within=30)
    finally:
        for process in processes_of(project):
            process.kill()
        shutil.rmtree(project, ignore_errors=True)


def processes_of(directory: Path) -> list[psutil.Process]:
    """Return the living processes that serve the directory: those that name it in their command line, but ours."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if any(str(directory) in word for word in process.info["cmdline"] or ())
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and process.pid != os.getpid()
    ]


def is_in_use(directory: Path) -> bool:
    """Tell whether any process holds its share in the server."""
    descriptor = os.open(directory / "postgres" / "users.lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that is dead and not yet waited for does not.

    A zombie with threads is still ending: it holds its locks until the last of them is gone.
    """
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False
