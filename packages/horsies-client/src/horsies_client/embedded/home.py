"""The home of the data: the desk itself, but for one case.

When we are root, and the account that runs PostgreSQL cannot reach the desk, the data has a private home of root's, and
the desk says where.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from horsies_client.embedded.account import Account, account_for, can_enter
from horsies_client.embedded.desk import OTHER_DATABASE, Desk
from horsies_core.errors import ConfigurationError

STATE = Path("/var/lib/horsies")
# A socket's path fits into 108 bytes with its NUL on Linux, 104 on macOS.
LONGEST_SOCKET_PATH = 103


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


def _make_passable(directory: Path) -> None:
    """Make a directory that every account may pass through and only we may list, whatever the umask."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()
