"""Where the running server is to be found: written by the reaper, read by every user."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from attrs import asdict, field, frozen

from horsies_client.embedded.private_file import write_private


@frozen
class Address:
    """A running server."""

    # Holds the password.
    url: str = field(repr=False)
    pid: int
    socket_path: str

    @classmethod
    def read(cls, file: Path) -> Address | None:
        """Return what stands in `file`, which may be out of date; None if there is no such file."""
        try:
            return cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None

    def publish(self, file: Path) -> None:
        write_private(file, json.dumps(asdict(self)))

    def withdraw(self, file: Path) -> None:
        """Remove `file` if it is still about this server: the directory may have been deleted and made anew."""
        if Address.read(file) == self:
            file.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Tell whether the server accepts connections. The socket is asked: its path is the cluster's own."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket_path)
            except OSError:
                return False
            return True
