"""Who this worker is: one start of it, or its life after it had been given up for lost."""

from __future__ import annotations

import os
import socket
from uuid import UUID

from horsies_core.identifiers import new_token
from horsies_core.plans.leasing import WorkerIdentity


class Incarnation:
    """The current incarnation. A host's name and a pid are for people; they may return, an incarnation does not."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self.id: UUID = new_token()

    def renew(self) -> None:
        """Begin anew: what the old incarnation held is not ours any more."""
        self.id = new_token()

    def identity(self) -> WorkerIdentity:
        """The row by which others know this worker."""
        return WorkerIdentity(self.id, socket.gethostname(), os.getpid(), self._processes)
