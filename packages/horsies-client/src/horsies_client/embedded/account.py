"""Which account owns the cluster. PostgreSQL refuses to run as root, so root has to lend it another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from attrs import frozen

from horsies_core.errors import ConfigurationError

if sys.platform != "win32":
    import pwd

# `postgres` where the distribution has made one; `nobody` is everywhere, and shared with other daemons.
LENT_ACCOUNTS = ("postgres", "nobody")


@frozen
class Account:
    """An unprivileged account that root runs PostgreSQL under."""

    name: str
    uid: int
    gid: int


def account_for(data: Path) -> Account | None:
    """Return the account to run the cluster at `data` under; None: our own.

    A cluster that exists stays with the account that made it. Raises ConfigurationError when we are root and no
    unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    if data.exists():
        return _owner_of(data)
    for name in LENT_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "the embedded PostgreSQL cannot run as root, and there is no other account to run it under",
        notes=[f"looked for: {', '.join(LENT_ACCOUNTS)}"],
        help="run as another user, or set HORSIES_DATABASE_URL to a server of your own",
    )


def can_enter(directory: Path, account: Account | None) -> bool:
    """Tell whether the account may reach what lies in `directory`; our own always may."""
    return account is None or succeeds_as(account, ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)])


def succeeds_as(account: Account | None, command: list[str]) -> bool:
    """Tell whether `command` runs under the account and exits with 0."""
    try:
        finished = subprocess.run(
            command,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except PermissionError:
        return False
    return finished.returncode == 0


def _owner_of(path: Path) -> Account:
    found = path.stat()
    try:
        name = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:  # made in a container that knew another set of accounts
        name = f"number {found.st_uid}"
    return Account(name, found.st_uid, found.st_gid)
