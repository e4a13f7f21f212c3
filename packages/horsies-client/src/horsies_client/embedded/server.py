"""Attach to the embedded server of a project, starting it if it is not running."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import final

from attrs import define, field

from horsies_client.embedded import locks
from horsies_client.embedded.address import Address
from horsies_client.embedded.desk import OTHER_DATABASE, Desk, cannot_keep_files, open_desk
from horsies_core.errors import BrokerError, ConfigurationError

# PostgreSQL's own defaults are kept, fsync and synchronous_commit above all: a send that returned is durable here too.
DEFAULT_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "jit": "off",  # it costs short statements more than it gives them
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
# What the users of one server must agree on, and the reaper decides.
RESERVED_SETTINGS = frozenset({"port", "listen_addresses", "unix_socket_directories", "data_directory"})


@final
@define(eq=False)
class EmbeddedServer:
    """A running PostgreSQL that this process is a user of, until it calls `close` or ends, however it ends.

    Leaving a `with` block closes it. The server stops when no process uses it any more.
    """

    directory: Path
    # The server process. It is another one if the server was killed and a later `attach` started it anew.
    pid: int
    # Holds the password: never to be printed or logged.
    url: str = field(repr=False)
    _seat: _Seat | None = field(repr=False)

    def close(self) -> None:
        """Stop being a user, as far as this object goes. Repeating it does nothing."""
        seat, self._seat = self._seat, None
        if seat:
            _leave(seat)

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def attach(
    directory: Path,
    *,
    settings: Mapping[str, str] | None = None,
    timeout: float = 60,
    on_progress: Callable[[str], None] | None = None,
) -> EmbeddedServer:
    """Return the server of `directory` (say, `.horsies`), which is running and takes connections.

    All processes that name the same directory share one server; its files are in `postgres/` there. Attaching again in
    a process is cheap. If the server was killed, it is started anew, on the same port if that is still free.

    settings: parameters of PostgreSQL, by name; they count if this call is the one that starts the server.
    timeout: seconds until a server that is starting, or an earlier one that is stopping, is given up.
    on_progress: is called with a sentence at each step that takes time; the same goes to the log.

    Raises ConfigurationError when there can be no server here (no programs, no place, no account, a setting that is not
    the caller's to choose), and BrokerError, with the end of its log, when it does not start.
    """
    if sys.platform == "win32":
        raise ConfigurationError(
            "the embedded PostgreSQL runs on Linux and macOS only",
            help="set HORSIES_DATABASE_URL (or database_url in PostgresConfig) to a PostgreSQL server",
        )
    chosen = {**DEFAULT_SETTINGS, **_checked(settings or {})}
    desk = open_desk(Path(directory))
    deadline = time.monotonic() + timeout
    try:
        seat = _sit_down(desk, deadline)
        try:
            address = _ensure_running(desk, chosen, deadline, on_progress)
        except BaseException:
            _leave(seat)
            raise
    except locks.LockTimeout:
        raise BrokerError(
            f"the embedded PostgreSQL in {desk.path} is being started or stopped by another process, "
            f"and that was not over after {timeout:g} seconds",
            help=f"look for the other process, and into {desk.log}",
        ) from None
    except OSError as refused:
        raise cannot_keep_files(desk.directory, refused) from refused
    return EmbeddedServer(desk.directory, address.pid, address.url, seat)


@define(eq=False)
class _Seat:
    """The share of this process in the lock of users of one desk. However often it attaches, it has one."""

    desk: Desk
    descriptor: int
    guests: int = 0


# By directory. A forked child starts with none: it inherits the descriptors, which keeps the server alive for
# it, but takes a share of its own when it attaches, so that neither can give up the other's.
_seats: dict[Path, _Seat] = {}
_seats_guard = threading.Lock()


def _forget_the_parents_seats() -> None:
    global _seats_guard  # noqa: PLW0603 (another thread may have held it when the process forked)
    _seats_guard = threading.Lock()
    _seats.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_parents_seats)


def _sit_down(desk: Desk, deadline: float) -> _Seat:
    with _seats_guard:
        if seat := _seats.get(desk.directory):
            seat.guests += 1
            return seat
    descriptor = locks.open_lock(desk.users_lock)
    try:
        locks.share(descriptor, deadline=deadline)  # waits for the end of a server that is stopping
    except BaseException:
        os.close(descriptor)
        raise
    with _seats_guard:
        seat = _seats.setdefault(desk.directory, _Seat(desk, descriptor))
        seat.guests += 1
    if seat.descriptor != descriptor:  # another thread was first
        os.close(descriptor)
    return seat


def _leave(seat: _Seat) -> None:
    with _seats_guard:
        seat.guests -= 1
        if seat.guests:
            return
        if _seats.get(seat.desk.directory) is seat:
            del _seats[seat.desk.directory]
        # Closed, not unlocked: a forked process that inherited it goes on being a user.
        os.close(seat.descriptor)


def _ensure_running(
    desk: Desk, settings: Mapping[str, str], deadline: float, on_progress: Callable[[str], None] | None
) -> Address:
    with locks.owned(desk.start_lock, deadline=deadline):
        while True:
            reaper_lives = locks.is_owned(desk.reaper_lock)
            if reaper_lives and (address := Address.read(desk.address)) and address.answers():
                return address
            if time.monotonic() >= deadline:
                raise locks.LockTimeout
            if reaper_lives:
                # Either its server has just died, and it is about to; or who told it to start was killed.
                time.sleep(locks.POLL_SECONDS)
            else:
                # Loaded here: most processes find a running server, or a URL, and start nothing.
                from horsies_client.embedded.starting import start_server

                start_server(desk, settings, seconds=deadline - time.monotonic(), on_progress=on_progress)


def _checked(settings: Mapping[str, str]) -> Mapping[str, str]:
    for name in settings:
        if name.lower() in RESERVED_SETTINGS or not re.fullmatch(r"[A-Za-z_][\w.]*", name):
            raise ConfigurationError(
                f"{name!r} is not a setting that can be chosen for the embedded PostgreSQL",
                notes=[f"the launcher itself chooses {', '.join(sorted(RESERVED_SETTINGS))}"],
                help=f"leave it out, {OTHER_DATABASE}",
            )
    return settings
