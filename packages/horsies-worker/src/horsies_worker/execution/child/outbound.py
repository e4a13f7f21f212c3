"""The child's side of the pipe, shared by its threads."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from horsies_worker.execution.frames import Kind, pack


class Outbound:
    """Sends frames whole. A result goes out at once, not with the next ones: if the child dies in the next task, this
    one is still done.
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def send(self, kind: Kind, header: Any, blob: bytes = b"") -> None:
        """Send one frame; ends the process if the supervisor is gone."""
        if os.getpid() != self._pid:
            # A task forked and came back in both processes. One of them is the child; the copy has nothing to report.
            os._exit(0)
        frame = pack(kind, header, blob)
        try:
            with self._lock:
                self._link.sendall(frame)
        except OSError:
            os._exit(1)
