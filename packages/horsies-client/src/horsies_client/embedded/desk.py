"""The desk: the files at which the users of one embedded server and its reaper meet. Usually `.horsies/postgres`."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from horsies_core.errors import ConfigurationError

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


def _make_unversioned(directory: Path) -> None:
    """Make a directory that git passes over. One that exists may be the user's, and is left as it is."""
    if not directory.exists():
        directory.mkdir(exist_ok=True)
        (directory / ".gitignore").write_text("*\n")
