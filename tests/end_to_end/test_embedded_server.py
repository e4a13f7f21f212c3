"""The embedded PostgreSQL: shared by the processes of a project, up while it is used, whole after any kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import psutil
import psycopg
import pytest

from horsies_client.embedded import attach
from horsies_client.embedded.desk import Desk
from horsies_client.embedded.starting import start_server
from horsies_core.errors import BrokerError
from tests.support.embedded_users import User, is_alive, is_in_use, open_project, processes_of
from tests.support.eventually import eventually


@pytest.fixture
def directory() -> Iterator[Path]:
    with open_project() as project:
        yield project / ".horsies"


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def keep_a_horse(url: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table horses (name text)")
        connection.execute("insert into horses values (%s)", [name])


def reaper_of(pid: int) -> psutil.Process:
    parent = psutil.Process(pid).parent()
    assert parent
    return parent


def stop_hard(pid: int) -> None:
    """Kill the server, and see its reaper end as well."""
    reaper = reaper_of(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until_stopped(reaper.pid)


def wait_until_stopped(pid: int) -> None:
    eventually(lambda: not is_alive(pid), within=30)


def test_the_url_leads_to_a_durable_server_with_room_for_a_project(directory: Path) -> None:
    with attach(directory) as server:
        assert ask(server.url, "show fsync") == "on"
        assert ask(server.url, "show synchronous_commit") == "on"
        assert ask(server.url, "show max_connections") == "200"
        assert ask(server.url, "show server_encoding") == "UTF8"


def test_only_the_first_start_makes_the_cluster_and_each_slow_step_is_told(directory: Path) -> None:
    first: list[str] = []
    with attach(directory, on_progress=first.append) as server:
        pid = server.pid
    wait_until_stopped(pid)
    second: list[str] = []
    with attach(directory, on_progress=second.append):
        pass
    assert ["making" in step for step in first] == [True, False]
    assert ["starting" in step for step in second] == [True]


def test_data_is_still_there_at_the_next_start(directory: Path) -> None:
    with attach(directory) as server:
        keep_a_horse(server.url, "Bucephalus")
        pid = server.pid
    wait_until_stopped(pid)
    with attach(directory) as server:
        assert ask(server.url, "select name from horses") == "Bucephalus"


def test_attaching_twice_in_a_process_shares_one_place_that_lasts_until_both_are_closed(directory: Path) -> None:
    first, second = attach(directory), attach(directory)
    assert first.pid == second.pid
    first.close()
    first.close()
    assert is_in_use(directory)
    second.close()
    wait_until_stopped(first.pid)


def test_four_processes_that_attach_at_once_share_one_server(directory: Path) -> None:
    users = [User(directory) for _ in range(4)]
    assert len({user.hear()["pid"] for user in users}) == 1
    assert [user.leave() for user in users] == [0, 0, 0, 0]


def test_the_server_outlives_the_process_that_started_it_and_stops_with_the_last_user(directory: Path) -> None:
    starter = User(directory)
    pid = int(str(starter.hear()["pid"]))
    other = User(directory)
    assert other.hear()["pid"] == pid
    starter.leave()
    assert is_in_use(directory)
    other.leave()
    wait_until_stopped(pid)


def test_the_server_stops_when_its_last_user_is_killed(directory: Path) -> None:
    user = User(directory)
    pid = int(str(user.hear()["pid"]))
    user.kill()
    wait_until_stopped(pid)


def test_a_process_that_attaches_while_the_server_is_stopping_gets_a_new_one(directory: Path) -> None:
    for _ in range(5):
        with attach(directory) as server:
            assert ask(server.url, "select 1") == 1


def test_after_a_killed_postgres_the_next_attach_finds_the_data_at_the_same_url(directory: Path) -> None:
    with closing(attach(directory)) as before:
        keep_a_horse(before.url, "Marengo")
        os.kill(before.pid, signal.SIGKILL)
        wait_until_stopped(before.pid)
        with attach(directory) as after:
            assert after.pid != before.pid
            assert ask(after.url, "select name from horses") == "Marengo"
            assert ask(before.url, "select name from horses") == "Marengo"


def test_a_killed_reaper_takes_postgres_along_and_the_next_attach_starts_anew(directory: Path) -> None:
    with closing(attach(directory)) as before:
        reaper = reaper_of(before.pid)
        reaper.kill()
        wait_until_stopped(reaper.pid)
        with attach(directory) as after:
            wait_until_stopped(before.pid)
            assert ask(after.url, "select 1") == 1
    wait_until_stopped(after.pid)


def test_the_pid_file_of_a_killed_server_does_not_bar_the_way_when_its_number_is_taken(directory: Path) -> None:
    with closing(attach(directory)) as server:
        reaper = reaper_of(server.pid)
        reaper.suspend()
        os.kill(server.pid, signal.SIGKILL)
        pid_file = directory / "postgres" / "data" / "postmaster.pid"
        owner = pid_file.stat()
        stranger = subprocess.Popen(["sleep", "600"], user=owner.st_uid, group=owner.st_gid, extra_groups=None)
        try:
            lines = pid_file.read_text().splitlines()
            pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            reaper.kill()
            wait_until_stopped(reaper.pid)
            with attach(directory) as anew:
                assert ask(anew.url, "select 1") == 1
        finally:
            stranger.kill()
            stranger.wait()


def test_a_kill_during_initdb_leaves_nothing_that_would_be_taken_for_a_cluster(directory: Path) -> None:
    home = directory / "postgres"
    user = User(directory)
    eventually(lambda: list(home.glob("making-*/data/base")), every=0.002)
    (initdb,) = [process for process in processes_of(directory) if process.name() == "initdb"]
    reaper_of(initdb.pid).kill()
    assert "did not start" in str(user.process.communicate(timeout=30)[1])
    assert not (home / "data").exists()
    with attach(directory) as server:
        assert ask(server.url, "select 1") == 1
    assert not list(home.glob("making-*"))


def test_a_user_that_is_killed_while_it_starts_the_server_leaves_no_process_and_a_whole_cluster(
    directory: Path,
) -> None:
    home = directory / "postgres"
    user = User(directory)
    eventually(lambda: list(home.glob("making-*/data/base")), every=0.002)
    user.kill()
    with attach(directory) as server:
        assert ask(server.url, "select 1") == 1
    wait_until_stopped(server.pid)


def test_of_two_reapers_that_start_at_once_one_gives_way(directory: Path) -> None:
    with closing(attach(directory)) as server:  # holds the share of this process
        stop_hard(server.pid)
        desk = Desk(directory)
        starts = [
            Thread(target=start_server, args=(desk, {}), kwargs={"seconds": 60, "on_progress": None}) for _ in "12"
        ]
        for start in starts:
            start.start()
        for start in starts:
            start.join(30)
        with attach(directory) as again:
            assert ask(again.url, "select 1") == 1
        eventually(lambda: len([one for one in processes_of(directory) if "-I" in one.cmdline()]) == 1)


def test_a_failing_start_shows_the_end_of_the_log(directory: Path) -> None:
    with pytest.raises(BrokerError, match="unrecognized configuration parameter") as caught:
        attach(directory, settings={"max_horses": "3"})
    assert "postgres.log" in str(caught.value)
    assert not is_in_use(directory)


FORKING_PARENT = """
import json, os, sys
from pathlib import Path
from horsies_client.embedded import attach
server = attach(Path(sys.argv[1]))
to_parent, from_child = os.pipe()
if os.fork() == 0:
    own = attach(Path(sys.argv[1]))
    print(json.dumps({"same": own.pid == server.pid, "pid": own.pid}), flush=True)
    if sys.argv[2:] == []:
        CHILD
    os._exit(0)
PARENT
"""
WAIT = "sys.stdin.read()"


def test_a_forked_child_that_closes_leaves_its_parent_the_server(directory: Path) -> None:
    program = FORKING_PARENT.replace("CHILD", "own.close(); server.close()")
    parent = User(directory, program.replace("PARENT", f"os.wait(); print('{{}}', flush=True); {WAIT}"))
    said = parent.hear()
    assert said["same"]
    parent.hear()
    assert is_in_use(directory)
    parent.leave()
    wait_until_stopped(int(str(said["pid"])))


def test_a_forked_child_that_attached_keeps_the_server_after_its_parent(directory: Path) -> None:
    program = FORKING_PARENT.replace("CHILD", f"server.close(); {WAIT}")
    parent = User(directory, program.replace("PARENT", "server.close(); os._exit(0)"))
    pid = int(str(parent.hear()["pid"]))
    parent.process.wait(30)
    assert is_in_use(directory)
    parent.leave()
    wait_until_stopped(pid)


def test_the_password_stands_in_private_files_only(directory: Path) -> None:
    with attach(directory, on_progress=(said := []).append) as server:
        password = server.url.split(":")[2].split("@")[0]
        holders = [path for path in directory.rglob("*") if path.is_file() and password in path.read_text("latin-1")]
        assert {path.name for path in holders} == {"password", "server.json"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}
        assert password not in repr(server) + "".join(said)
        titles = [" ".join(process.cmdline()) for process in processes_of(directory)]
        assert titles
        assert not [title for title in titles if password in title]


def test_git_passes_over_the_directory(directory: Path) -> None:
    with attach(directory):
        subprocess.run(["git", "init", "--quiet", directory.parent], check=True)
        changes = ["git", "-C", directory.parent, "status", "--porcelain", "--untracked-files=all"]
        assert subprocess.run(changes, check=True, capture_output=True).stdout == b""


def test_importing_it_loads_no_driver() -> None:
    program = "import sys, horsies_client.embedded; print('psycopg' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert said == "False\n"
