"""Follows a page as its reader would: writes the files, types the commands, compares what comes out."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.pages import Block

_PROMPT = "$ "
_SECONDS = 60


class PageReader:
    """Reads one page in a directory of its own. Workers that it starts run until `close`."""

    def __init__(self, directory: Path, *, database_url: str | None) -> None:
        self._directory = directory
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HORSIES_")}
        self._environment = {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
            **({"HORSIES_DATABASE_URL": database_url} if database_url else {}),
        }
        self._workers: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._printed = ""

    def follow(self, block: Block) -> None:
        """Do what the block says. A block that says nothing that can be done fails the test."""
        if block.verb == "not run":
            return
        if block.verb == "file":
            (self._directory / block.detail).write_text(f"{block.text}\n", encoding="utf-8")
        elif block.verb == "output":
            self._compare(block, block.text, self._printed)
        elif block.language == "python":
            self._run_script(block)
        elif block.language == "console":
            self._type(block)
        else:
            raise AssertionError(f"{block.place}: nobody runs {block.language or 'a block without language'}; mark it")

    def close(self) -> None:
        """Stop the workers; each has to end well."""
        for process, log in self._workers:
            process.send_signal(signal.SIGTERM)
            assert process.wait(_SECONDS) == 0, log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """End what is left of the workers."""
        for process, _ in self._workers:
            if process.poll() is None:
                process.kill()
                process.wait()

    def logs(self) -> str:
        """What the workers said."""
        return "\n".join(log.read_text(encoding="utf-8") for _, log in self._workers)

    def _run_script(self, block: Block) -> None:
        script = self._directory / f"line_{block.line}.py"
        script.write_text(f"{block.text}\n", encoding="utf-8")
        self._printed = self._run(block, [sys.executable, script.name], exit_code=0)

    def _type(self, block: Block) -> None:
        for command, expected in _typed(block):
            words = shlex.split(command)
            if words[:2] == ["horsies", "worker"] and block.verb != "fails with":
                self._start_worker(block, words, expected)
                continue
            exit_code = int(block.detail) if block.verb == "fails with" else 0
            self._printed = self._run(block, words, exit_code=exit_code)
            self._compare(block, expected, self._printed)

    def _run(self, block: Block, words: list[str], *, exit_code: int) -> str:
        done = subprocess.run(
            words,
            cwd=self._directory,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
            text=True,
        )
        assert done.returncode == exit_code, f"{block.place}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def _start_worker(self, block: Block, words: list[str], expected: str) -> None:
        log = self._directory / f"worker_{block.line}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                words, cwd=self._directory, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self._workers.append((process, log))

        def is_up_or_gone() -> bool:
            return " ready" in log.read_text(encoding="utf-8") or process.poll() is not None

        eventually(is_up_or_gone, within=_SECONDS)
        self._compare(block, expected, log.read_text(encoding="utf-8"))

    @staticmethod
    def _compare(block: Block, expected: str, printed: str) -> None:
        """`...` in the page stands for anything."""
        pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
        printed = "\n".join(line.rstrip() for line in printed.strip().splitlines())
        assert re.fullmatch(pattern, printed, re.DOTALL), f"{block.place}: what was printed is\n{printed}"


def _typed(block: Block) -> Iterator[tuple[str, str]]:
    """Each command with what should come out."""
    command, output = "", list[str]()
    for line in block.text.splitlines():
        if not line.startswith(_PROMPT):
            assert command, f"{block.place}: a console block begins with a command"
            output.append(line)
            continue
        if command:
            yield command, "\n".join(output)
        command, output = line.removeprefix(_PROMPT), []
    if command:
        yield command, "\n".join(output)
