"""The database cluster itself: made once by initdb, then started and stopped. Runs inside the reaper."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrs import asdict, field, frozen

from horsies_client.embedded.locks import POLL_SECONDS
from horsies_client.embedded.private_file import write_private

SUPERUSER = "horsies"
# Requests to the server that runs, by the names of the manual: "smart", "fast" and "immediate" shutdown.
FAST_SHUTDOWN = signal.SIGINT
IMMEDIATE_SHUTDOWN = signal.SIGQUIT
PR_SET_PDEATHSIG = 1
LOOPBACK = "127.0.0.1"


class ClusterFailed(Exception):
    """The cluster could not be made or started; the message says which, the log says why."""


@frozen
class Cluster:
    """Where a cluster lies and how it is to be run. Paths are absolute."""

    binaries: Path = field(converter=Path)
    home: Path = field(converter=Path)
    sockets: Path = field(converter=Path)
    log: Path = field(converter=Path)
    usual_port: int
    settings: Mapping[str, str]
    # The account to run under; None: our own.
    uid: int | None
    gid: int | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        return self.home / "password"

    def to_plain(self) -> dict[str, object]:
        """Return the fields as values that JSON knows."""
        return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(self).items()}

    def socket_path(self, port: int) -> Path:
        return self.sockets / f".s.PGSQL.{port}"

    def url(self, port: int) -> str:
        """Return the URL of the running server. It holds the password: not for people's eyes."""
        try:
            password = self.password_file.read_text()
        except FileNotFoundError:
            raise ClusterFailed(f"the password file {self.password_file} is gone, and nothing else knows it") from None
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres"


def create(cluster: Cluster, *, lock: int) -> None:
    """Run initdb. The data directory appears whole or not at all, however this ends. Raises ClusterFailed."""
    making = Path(tempfile.mkdtemp(prefix="making-", dir=cluster.home))
    password = secrets.token_urlsafe(24)
    for_initdb = making / "password"
    write_private(for_initdb, password)
    if cluster.uid is not None and cluster.gid is not None:
        os.chown(for_initdb, cluster.uid, cluster.gid)
        os.chown(making, cluster.uid, cluster.gid)
    command = [
        str(cluster.binaries / "initdb"),
        "-D",
        str(making / "data"),
        "-U",
        SUPERUSER,
        "-E",
        "UTF8",
        "--locale=C",
    ]
    command += ["-A", "scram-sha-256", f"--pwfile={for_initdb}", "--no-instructions"]
    if _launch(cluster, command, lock=lock, at_our_death=signal.SIGKILL).wait() != 0:
        raise ClusterFailed("initdb could not make the database cluster")
    # First the password, then the data: data without its password would be a locked door.
    write_private(cluster.password_file, password)
    (making / "data").rename(cluster.data)
    _flush_directory(cluster.home)
    shutil.rmtree(making, ignore_errors=True)


def remove_leftovers(cluster: Cluster) -> None:
    """Remove what a killed initdb or server left. Only while nothing of the cluster is alive."""
    for leftover in cluster.home.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    _forget_dead_server(cluster)


def start(cluster: Cluster, *, lock: int, deadline: float) -> tuple[subprocess.Popen[bytes], int]:
    """Start PostgreSQL and return it with its port when it takes connections. Raises ClusterFailed.

    To be called from the thread that lives as long as the server shall: PR_SET_PDEATHSIG is about that thread.
    """
    for port in _ports(cluster.usual_port):
        command = [str(cluster.binaries / "postgres"), "-D", str(cluster.data)]
        for name, value in {**cluster.settings, **_own_settings(cluster, port)}.items():
            command += ["-c", f"{name}={value}"]
        server = _launch(cluster, command, lock=lock, at_our_death=FAST_SHUTDOWN)
        if _becomes_ready(server, cluster.data, deadline=deadline):
            return server, port
        if server.poll() is None:
            stop(server, signals=(IMMEDIATE_SHUTDOWN, signal.SIGKILL))
            raise ClusterFailed("PostgreSQL did not become ready in time")
        if _is_free(port):
            raise ClusterFailed("PostgreSQL did not start")
        # Somebody took the port between our look and its own.
    raise ClusterFailed("PostgreSQL found no free port")


def stop(server: subprocess.Popen[bytes], *, signals: tuple[signal.Signals, ...], patience: float = 30) -> None:
    """Ask the server to end with each signal in turn, waiting `patience` seconds for each to work."""
    for request in signals:
        server.send_signal(request)
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return


def stop_orphan(data: Path) -> None:
    """Ask a server whose reaper was killed to stop, where the system does not do it for us (PR_SET_PDEATHSIG).

    Only while somebody else holds the cluster's lock: that is what makes the number in the file a living server's.
    """
    if sys.platform != "linux" and (pid := _postmaster_pid(data)):
        try:
            os.kill(pid, FAST_SHUTDOWN)
        except ProcessLookupError:
            return


def _own_settings(cluster: Cluster, port: int) -> dict[str, str]:
    quoted = str(cluster.sockets).replace('"', '""')
    return {"listen_addresses": LOOPBACK, "port": str(port), "unix_socket_directories": f'"{quoted}"'}


def _launch(
    cluster: Cluster, command: list[str], *, lock: int, at_our_death: signal.Signals
) -> subprocess.Popen[bytes]:
    with cluster.log.open("ab") as log:
        return subprocess.Popen(
            command,
            cwd="/",
            # Nothing of the user's environment: it may hold secrets, and PG* variables would change what we start.
            env={"LC_ALL": "C", "PATH": os.defpath, **_library_path()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
            user=cluster.uid,
            group=cluster.gid,
            extra_groups=None if cluster.uid is None else [],
            preexec_fn=_die_with(os.getpid(), at_our_death),  # noqa: PLW1509 (the reaper has no other thread yet)
        )


def _library_path() -> dict[str, str]:
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}


def _die_with(parent: int, request: signal.Signals) -> Callable[[], None] | None:
    """Return what a child does before it becomes the program: ask for `request` when its parent dies."""
    if sys.platform != "linux":
        return None
    # Looked up before the fork; and called after the change of account, which would clear it.
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(request), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def _becomes_ready(server: subprocess.Popen[bytes], data: Path, *, deadline: float) -> bool:
    """Wait until the server says in its pid file that it is ready; False if it ends or the deadline passes first."""
    while server.poll() is None and time.monotonic() < deadline:
        lines = _pid_file_lines(data)
        # Line 8 is its state. The file of an earlier server may still stand there at first.
        if lines[:1] == [str(server.pid)] and [state.strip() for state in lines[7:8]] == ["ready"]:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _postmaster_pid(data: Path) -> int | None:
    lines = _pid_file_lines(data)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _forget_dead_server(cluster: Cluster) -> None:
    """Remove the pid files of a killed server, whoever has its number now.

    PostgreSQL would take any process of its account with that number for a living server, and refuse to start. After
    the restart of a container, where the same few numbers are given out again, that is likely.
    """
    pid = _postmaster_pid(cluster.data)
    if pid is None or sys.platform != "linux":
        return
    # A dying process lets go of its locks a moment before the rest. Longer, and it is a server started without us.
    patience = time.monotonic() + 1
    while _working_directory(pid) == cluster.data:
        if time.monotonic() >= patience:
            return
        time.sleep(POLL_SECONDS)
    for pid_file in (cluster.data / "postmaster.pid", *cluster.sockets.glob(".s.PGSQL.*.lock")):
        pid_file.unlink(missing_ok=True)


def _working_directory(pid: int) -> Path | None:
    """Return where a process works (a server: in its data directory); None if it is dead or another account's."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _ports(usual: int) -> Iterator[int]:
    if _is_free(usual):
        yield usual
    for _ in range(4):
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = probe.getsockname()[1]
        yield port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL does: connections that linger from the last run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
