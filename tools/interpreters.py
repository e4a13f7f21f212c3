"""Where the interpreters of this machine are: on PATH, or among pyenv's versions, active or not."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


class MissingInterpreter(Exception):
    """No interpreter of the version asked for; the message says where one was looked for."""


def find_interpreter(version: str) -> Path:
    """Return the newest Python of a version such as "3.12"; each candidate is started to be sure."""
    for candidate in _candidates(version):
        if _version_of(candidate) == version:
            return candidate
    looked_in = ", ".join(["PATH", *map(str, _pyenv_roots())])
    message = f"no Python {version} found (looked in {looked_in}); for pyenv: pyenv install {version}"
    raise MissingInterpreter(message)


def _candidates(version: str) -> Iterator[Path]:
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    for root in _pyenv_roots():
        installed = (root / "versions").glob(f"{version}.*/bin/python{version}")
        yield from sorted(installed, key=_patch_release, reverse=True)


def _patch_release(interpreter: Path) -> int:
    patch = interpreter.parent.parent.name.split(".")[2]
    return int(patch) if patch.isdigit() else -1


def _pyenv_roots() -> list[Path]:
    """Return pyenv's folders: as told, in the home folder, and around its shims where HOME is another one."""
    told = os.environ.get("PYENV_ROOT")
    around_shims = [Path(entry).parent for entry in os.get_exec_path() if Path(entry).name == "shims"]
    roots = [Path(told)] if told else []
    roots += [Path.home() / ".pyenv", *around_shims]
    return [root for root in dict.fromkeys(roots) if (root / "versions").is_dir()]


def _version_of(interpreter: Path) -> str | None:
    """Return "3.12" for a working Python 3.12; None for what does not start, as a shim of an inactive version."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([interpreter, "-c", program], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None
