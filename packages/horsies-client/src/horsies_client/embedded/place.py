"""Where things lie: the desk that users meet at (locks, log, address of the server), and the home of the data.

They are one directory, usually `.horsies/postgres`, except when we are root and the account that runs PostgreSQL
cannot reach it: then the data has a private home of root's, and the desk says where.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from attrs import frozen

from horsies_client.embedded.account import Account, account_for, can_enter
from horsies_core.errors import ConfigurationError

STATE = Path("/var/lib/horsies")
# A socket's path fits into 108 bytes with its NUL on Linux, 104 on macOS.
LONGEST_SOCKET_PATH = 103
OTHER_DATABASE = "or set HORSIES_DATABASE_URL (database_url in PostgresConfig) to a PostgreSQL server of your own"


@frozen
class Desk:
    """The files of one embedded server that every process of a project can find. `directory` is absolute."""

    directory: Path

    @property
    def path(self) -> Path:
        return self.directory / "postgres"

    @property
    def users_lock(self) -> Path:
        """Shared by every user, wanted alone by the reaper: it gets it when the last user is gone."""
        return self.path / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held while one process looks whether there is a server and, if not, starts it."""
        return self.path / "start.lock"

    @property
    def reaper_lock(self) -> Path:
        """Held by the reaper while it lives."""
        return self.path / "reaper.lock"

    @property
    def cluster_lock(self) -> Path:
        """Held by the reaper and by every process of PostgreSQL, which inherit it."""
        return self.path / "cluster.lock"

    @property
    def address(self) -> Path:
        return self.path / "server.json"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    @property
    def location(self) -> Path:
        return self.path / "location.txt"


def open_desk(directory: Path) -> Desk:
    """Make the desk in `directory` unless it is there. Raises ConfigurationError."""
    try:
        desk = Desk(directory.expanduser().resolve())
        desk.directory.parent.mkdir(parents=True, exist_ok=True)
        for own in (desk.directory, desk.path):
            _make_unversioned(own)
    except OSError as refused:
        raise cannot_keep_files(directory, refused) from refused
    return desk


def cannot_keep_files(directory: Path, refused: OSError) -> ConfigurationError:
    """Return the error for a directory that the system does not let us work in."""
    return ConfigurationError(
        f"the embedded PostgreSQL cannot keep its files in {directory}: {refused.strerror}",
        notes=[f"this was refused: {refused.filename}"] if refused.filename else [],
        help=f"make it writable for this user, or remove it if it is another user's, {OTHER_DATABASE}",
    )


def settle_down(desk: Desk) -> tuple[Path, Account | None]:
    """Return the home of the data, which exists now, and the account that owns it. Raises ConfigurationError."""
    account = account_for(desk.path / "data")
    if can_enter(desk.path, account):
        return desk.path, account
    if account and (desk.path / "data").exists():
        raise ConfigurationError(
            f"the data in {desk.path} belongs to account {account.name}, which can no longer reach it",
            help=f"let it pass (chmod o+x on the directories above), {OTHER_DATABASE}",
        )
    shelf = private_shelf()
    home = shelf / f"{desk.directory.parent.name or 'root'}-{_digest(desk.directory)[:12]}"
    account = account_for(home / "data")
    _make_passable(home)
    desk.location.write_text(f"{home}\n")
    return home, account


def private_shelf() -> Path:
    """Return a directory of root's that every account can pass through. Raises ConfigurationError."""
    for shelf in (STATE, Path(tempfile.gettempdir()) / "horsies-of-root", Path("/tmp/horsies-of-root")):  # noqa: S108 (checked below)
        try:
            _make_passable(shelf)
        except OSError:
            continue
        # Anybody can make a directory, or a link, under that name in /tmp.
        found = shelf.lstat()
        if (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == 0
            and not found.st_mode & 0o022
            and os.access(shelf, os.W_OK)
        ):
            return shelf
    raise ConfigurationError(
        "there is no place for the data of the embedded PostgreSQL that the account it runs under can reach",
        notes=[f"tried {STATE} and {tempfile.gettempdir()}, because we are root and the project is closed to others"],
        help=f"make {STATE} writable, {OTHER_DATABASE}",
    )


def socket_directory(home: Path, account: Account | None) -> Path:
    """Return a private directory for the socket, owned by the account, whose path is short enough for a socket."""
    directory = home / "socket"
    if len(os.fsencode(directory / ".s.PGSQL.65535")) > LONGEST_SOCKET_PATH:
        directory = Path("/tmp") / f"horsies-{_digest(home)[:16]}"  # noqa: S108 (checked below)
    uid = account.uid if account else os.geteuid()
    try:
        directory.mkdir(mode=0o700)
        if account:
            os.chown(directory, account.uid, account.gid)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
            raise ConfigurationError(
                f"{directory}, where the socket of the embedded PostgreSQL belongs, is somebody else's",
                help=f"remove it, {OTHER_DATABASE}",
            ) from None
        # Made by us, and killed before it was given away.
        os.chown(directory, uid, account.gid if account else -1)
    return directory


def usual_port(home: Path) -> int:
    """Return the port to try first: the same at every start, so that clients find a restarted server again.

    Below the range from which systems take ports for outgoing connections.
    """
    return 20_000 + int(_digest(home), 16) % 10_000


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, and that appears whole under its name."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def _make_unversioned(directory: Path) -> None:
    """Make a directory that git passes over. One that exists may be the user's, and is left as it is."""
    if not directory.exists():
        directory.mkdir(exist_ok=True)
        (directory / ".gitignore").write_text("*\n")


def _make_passable(directory: Path) -> None:
    """Make a directory that every account may pass through and only we may list, whatever the umask."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()
