"""The embedded PostgreSQL finds a place to run: ports, long paths, directories and programs closed to its account."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from horsies_client.embedded import attach, binaries, home
from horsies_client.embedded.account import Account, account_for
from tests.support.embedded_users import ATTACHED_UNTIL_TOLD, User, open_project, processes_of
from tests.support.eventually import eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")


@pytest.fixture
def project() -> Iterator[Path]:
    with open_project() as project:
        yield project


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_a_taken_port_is_passed_over(project: Path) -> None:
    directory = project / ".horsies"
    port = home.usual_port(directory / "postgres")
    with closing(socket.create_server(("127.0.0.1", port))), attach(directory) as server:
        assert answers(server.url)


def test_a_directory_deeper_than_a_socket_path_may_be_is_as_good_as_any(project: Path) -> None:
    directory = project / ("deep" * 20) / ("deeper" * 20) / ".horsies"
    with attach(directory) as server:
        assert answers(server.url)
    sockets = home.socket_directory(directory / "postgres", account_for(directory / "postgres" / "data"))
    assert directory not in sockets.parents
    eventually(lambda: not processes_of(directory), within=30)
    shutil.rmtree(sockets)


def test_a_path_with_spaces_commas_and_quotes_is_as_good_as_any(project: Path) -> None:
    with attach(project / 'a horse, "Bucephalus" (it\'s his)' / ".horsies") as server:
        assert answers(server.url)


def test_a_project_with_modules_named_like_those_of_the_standard_library_disturbs_nothing(project: Path) -> None:
    for name in ("secrets", "queue", "json"):
        (project / f"{name}.py").write_text("raise ImportError('not me')")
    program = f"import sys; sys.path.insert(0, {str(project)!r})\n{ATTACHED_UNTIL_TOLD}"
    preloaded = f"import secrets, queue, json\n{program}"
    user = User(project / ".horsies", preloaded)
    assert answers(str(user.hear()["url"]))
    user.leave()


def test_two_names_of_a_directory_are_one_server(project: Path) -> None:
    (project / "alias").symlink_to(project / ".horsies")
    with attach(project / ".horsies") as server, attach(project / "alias") as same:
        assert server.pid == same.pid


@as_root
def test_root_runs_the_server_under_an_account_of_no_power(project: Path) -> None:
    with attach(project / ".horsies") as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert answers(server.url)


@as_root
def test_a_directory_closed_to_that_account_keeps_the_locks_and_says_where_the_data_is(project: Path) -> None:
    project.chmod(0o700)
    with attach(project / ".horsies") as server:
        assert answers(server.url)
        desk = project / ".horsies" / "postgres"
        data_home = Path((desk / "location.txt").read_text().strip())
    eventually(lambda: not processes_of(project), within=30)
    try:
        assert data_home.parent == home.STATE
        assert data_home.name.startswith(f"{project.name}-")
        assert data_home.owner() == "root"
        assert (data_home / "data" / "PG_VERSION").exists()
        assert not (desk / "data").exists()
        with attach(project / ".horsies", on_progress=(said := []).append) as again:
            assert answers(again.url)
        assert not [step for step in said if "making" in step]
    finally:
        eventually(lambda: not processes_of(project), within=30)
        shutil.rmtree(data_home)


@as_root
def test_data_that_became_unreachable_is_not_replaced_by_an_empty_database(project: Path) -> None:
    with attach(project / ".horsies"):
        pass
    eventually(lambda: not processes_of(project), within=30)
    project.chmod(0o700)
    with pytest.raises(ValueError, match="can no longer reach it"):
        attach(project / ".horsies")


@as_root
def test_programs_closed_to_that_account_are_copied_once_to_where_it_can_run_them(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = project / "closed"
    closed.mkdir(mode=0o700)
    installed = binaries.find_binaries().parent
    target = closed / "site-packages" / installed.parent.name / installed.name
    target.parent.mkdir(parents=True)
    shutil.copytree(installed, target, ignore=shutil.ignore_patterns("include"))
    libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
    shutil.copytree(libraries, target.parent.with_name(libraries.name))
    monkeypatch.setenv(binaries.OVERRIDE, str(target / "bin"))
    shelf = project / "shelf"
    monkeypatch.setattr(home, "STATE", shelf)
    with attach(project / ".horsies") as server:
        assert answers(server.url)
        running = Path(f"/proc/{server.pid}/exe").readlink()
        assert shelf in running.parents
    assert len(list(shelf.iterdir())) == 1


@as_root
def test_a_place_under_tmp_that_somebody_else_has_made_is_not_used(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = project / "horsies-of-root"
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    (project / "file").touch()
    monkeypatch.setattr(home, "STATE", project / "file" / "no-directory")
    monkeypatch.setattr("tempfile.tempdir", str(project))
    assert home.private_shelf() != planted
    home.private_shelf().rmdir()


@pytest.mark.skipif(sys.platform != "linux", reason="needs an account that no name is known for")
@as_root
def test_a_cluster_stays_with_the_account_that_made_it(project: Path) -> None:
    data = project / "data"
    data.mkdir()
    os.chown(data, 54321, 54322)
    assert account_for(data) == Account("number 54321", 54321, 54322)
