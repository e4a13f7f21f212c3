"""Start the reaper, and follow its reports until the server is ready. The caller holds the start lock."""

from __future__ import annotations

import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from horsies_client.embedded.binaries import binaries_for, find_binaries
from horsies_client.embedded.cluster import Cluster
from horsies_client.embedded.desk import Desk
from horsies_client.embedded.home import settle_down, socket_directory, usual_port
from horsies_client.embedded.orders import Order, Report
from horsies_core.errors import BrokerError

log = logging.getLogger("horsies.client")

# The reaper keeps the deadline itself and says so; this is for one that cannot.
LAST_WORD_SECONDS = 5.0
# Our modules are found where this process finds them, but after the standard library: a project may well have a file
# named secrets.py or queue.py, and it is not for us.
REAPER_PROGRAM = (
    "import os, sys; sys.path += os.environ['HORSIES_MODULES'].split(os.pathsep); "
    "from horsies_client.embedded.reaper import main; main()"
)
LOG_TAIL_LINES = 12
LONGEST_LOG_BYTES = 10_000_000


def start_server(
    desk: Desk, settings: Mapping[str, str], *, seconds: float, on_progress: Callable[[str], None] | None
) -> None:
    """Start the server; return when it is ready, or when somebody else turns out to be starting it.

    Raises ConfigurationError, or BrokerError with the end of the log.
    """
    order = Order(_prepare(desk, settings), seconds)
    _turn_over(desk.log)
    log_start = desk.log.stat().st_size
    failure = "the process that starts it ended without a word"
    with _launch_reaper(desk, order) as reaper:
        for report in _reports(reaper, deadline=time.monotonic() + seconds + LAST_WORD_SECONDS):
            if report.ready or report.gave_way:
                return
            if report.progress:
                log.info(report.progress)
                if on_progress:
                    on_progress(report.progress)
            failure = report.failed or failure
    raise BrokerError(
        f"the embedded PostgreSQL in {desk.path} did not start: {failure}",
        notes=_tail(desk.log, log_start),
        help=f"the whole log is {desk.log}; to begin with an empty database, remove {order.cluster.data}",
    )


def _prepare(desk: Desk, settings: Mapping[str, str]) -> Cluster:
    binaries = find_binaries()
    home, account = settle_down(desk)
    return Cluster(
        binaries=binaries_for(account, binaries),
        home=home,
        sockets=socket_directory(home, account),
        log=desk.log,
        usual_port=usual_port(home),
        settings=dict(settings),
        uid=account.uid if account else None,
        gid=account.gid if account else None,
    )


def _launch_reaper(desk: Desk, order: Order) -> subprocess.Popen[bytes]:
    modules = os.pathsep.join(str(Path(place).absolute()) for place in sys.path if place)
    with desk.log.open("ab") as log_file:
        reaper = subprocess.Popen(
            [sys.executable, "-I", "-c", REAPER_PROGRAM, str(desk.directory)],
            cwd="/",
            env={**os.environ, "HORSIES_MODULES": modules},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            start_new_session=True,  # Ctrl-C in a terminal is for the users, not for their server
        )
    if reaper.stdin:
        reaper.stdin.write(order.to_json().encode())
        reaper.stdin.close()
    return reaper


def _reports(reaper: subprocess.Popen[bytes], *, deadline: float) -> Iterator[Report]:
    """Yield what the reaper says until it has nothing more to say, or the deadline passes."""
    if reaper.stdout is None:
        return
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(reaper.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            chunk = os.read(reaper.stdout.fileno(), 4096)
            if not chunk:
                return
            *whole, line = (line + chunk).split(b"\n")
            yield from map(Report.from_line, whole)


def _turn_over(log_file: Path) -> None:
    """Begin a new log when the old one is long, and keep the one before."""
    if log_file.exists() and log_file.stat().st_size > LONGEST_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".log.1"))
    log_file.touch(mode=0o600)


def _tail(log_file: Path, start: int) -> list[str]:
    """Return the last lines that were written since the log was `start` bytes long."""
    with log_file.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace").splitlines()[-LOG_TAIL_LINES:]
