"""The program that is the parent of PostgreSQL: starts it, and ends it when its last user is gone.

`starting` runs it with the directory as its argument, an Order on stdin, and reads Reports from its stdout.

It learns of that from a lock: every user shares it, the reaper waits to have it alone. No list of users can be wrong,
and a user that was killed has left like any other. Killed itself, it takes PostgreSQL along (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from subprocess import Popen
from types import FrameType

from horsies_client.embedded import cluster as clusters
from horsies_client.embedded import locks
from horsies_client.embedded.address import Address
from horsies_client.embedded.cluster import Cluster, ClusterFailed
from horsies_client.embedded.desk import Desk
from horsies_client.embedded.orders import Order, Report

GENTLE_TO_FIRM = (clusters.FAST_SHUTDOWN, clusters.IMMEDIATE_SHUTDOWN, signal.SIGKILL)


class Ending(Enum):
    """Why the reaper's work is over."""

    LAST_USER_LEFT = "the last user left"
    SERVER_DIED = "PostgreSQL ended by itself"
    TOLD_TO = "a signal said so"


def main() -> None:
    """Read the order and go to work in a child of this process, which itself returns at once."""
    order = Order.from_json(sys.stdin.read())
    if os.fork():
        return  # the worker is nobody's child now: no process of the user's has a child it did not start
    desk = Desk(Path(sys.argv[1]))
    try:
        locks.own(locks.open_lock(desk.reaper_lock), deadline=time.monotonic())
    except locks.LockTimeout:
        _say(Report(gave_way=True))
        return
    try:
        server, address = _bring_up(desk, order.cluster, deadline=time.monotonic() + order.seconds)
    except (ClusterFailed, OSError) as failure:
        _say(Report(failed=str(failure)))
        return
    except locks.LockTimeout:
        _say(Report(failed="the processes of an earlier server of this directory have not ended in time"))
        return
    _say(Report(ready=True))
    _close_the_line()
    if _wait_for_an_ending(desk, server) is not Ending.SERVER_DIED:
        clusters.stop(server, signals=GENTLE_TO_FIRM)
    address.withdraw(desk.address)


def _bring_up(desk: Desk, cluster: Cluster, *, deadline: float) -> tuple[Popen[bytes], Address]:
    desk.address.unlink(missing_ok=True)
    # Inherited by initdb, PostgreSQL and all their children: once we have it, none of an earlier run is alive.
    cluster_lock = locks.open_lock(desk.cluster_lock)
    clusters.stop_orphan(cluster.data)
    locks.own(cluster_lock, deadline=deadline)
    clusters.remove_leftovers(cluster)
    if not cluster.data.exists():
        _say(Report(progress=f"making a private PostgreSQL in {cluster.home} (once)"))
        clusters.create(cluster, lock=cluster_lock)
    _say(Report(progress=f"starting the private PostgreSQL in {cluster.home}"))
    server, port = clusters.start(cluster, lock=cluster_lock, deadline=deadline)
    address = Address(cluster.url(port), server.pid, str(cluster.socket_path(port)))
    address.publish(desk.address)
    return server, address


def _wait_for_an_ending(desk: Desk, server: Popen[bytes]) -> Ending:
    endings: SimpleQueue[Ending] = SimpleQueue()

    def obey(_request: int, _frame: FrameType | None) -> None:
        endings.put(Ending.TOLD_TO)

    for request in (signal.SIGTERM, signal.SIGINT):
        signal.signal(request, obey)
    users = locks.open_lock(desk.users_lock)

    def watch_the_users() -> None:
        # Held until this process ends, so that a new user waits for the end of this server, not for its company.
        locks.own_when_free(users)
        endings.put(Ending.LAST_USER_LEFT)

    def watch_the_server() -> None:
        server.wait()
        endings.put(Ending.SERVER_DIED)

    for watch in (watch_the_users, watch_the_server):
        threading.Thread(target=watch, daemon=True).start()
    return endings.get()


def _say(report: Report) -> None:
    # The one who asked may be dead. The server is then for the others, or ends as soon as it is up.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), report.to_line())


def _close_the_line() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
