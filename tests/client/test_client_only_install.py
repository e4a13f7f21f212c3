"""The wheels as users get them: what they carry, and what a web app that installs the client alone has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from horsies_core import statements
from horsies_core.schema import migrations
from tests.support.workers import REPOSITORY

USES_THE_CLIENT = """
import importlib.util
from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult

for absent in ("horsies_worker", "rich_click", "rich", "click"):
    assert importlib.util.find_spec(absent) is None, absent

app = Horsies(AppConfig(broker=PostgresConfig(database_url="postgresql://db.example/shop")))

@app.task("double")
def double(number: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=2 * number)

assert double(21) == TaskResult(ok=42)
"""


def uv() -> str:
    """The uv that make brought into the checkout, or another one."""
    own = sorted(map(str, REPOSITORY.glob(".tools/uv-*/bin/uv")))
    found = os.environ.get("UV") or (own[-1] if own else shutil.which("uv"))
    if not found:
        pytest.skip("there is no uv here: make install brings it")
    return found


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of each distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run([uv(), "build", "--quiet", "--wheel", "--all-packages", "-o", folder], cwd=REPOSITORY, check=True)
    return folder


def names_in(wheels: Path, distribution: str) -> set[str]:
    (wheel,) = wheels.glob(f"{distribution}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("distribution", "packages"),
    [
        ("horsies_core", ["horsies_core"]),
        ("horsies_client", ["horsies", "horsies_client"]),
        ("horsies_worker", ["horsies_worker"]),
    ],
)
def test_every_wheel_tells_type_checkers_that_it_is_typed(wheels: Path, distribution: str, packages: list[str]) -> None:
    assert {f"{package}/py.typed" for package in packages} <= names_in(wheels, distribution)


def test_the_core_wheel_carries_every_statement_and_every_migration(wheels: Path) -> None:
    names = names_in(wheels, "horsies_core")
    assert {f"horsies_core/statements/{name}.sql" for name in statements.names()} <= names
    scripts = [name for name in names if name.startswith("horsies_core/schema/migrations/") and name.endswith(".sql")]
    assert len(scripts) == len(migrations())


def test_a_web_app_that_installs_the_client_alone_has_all_it_needs_and_no_worker(wheels: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    # Without VIRTUAL_ENV and its kind, as in a terminal of the user's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    # By path, so that no index is asked for a distribution of the same name.
    (core,), (client,) = wheels.glob("horsies_core-*.whl"), wheels.glob("horsies_client-*.whl")
    wanted = [core, f"horsies-client[binary] @ {client.as_uri()}"]
    for command in (
        [uv(), "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"],
        [uv(), "pip", "install", "--quiet", "--python", python, *wanted],
        [python, "-c", USES_THE_CLIENT],
    ):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
