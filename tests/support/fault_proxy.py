"""A proxy before a PostgreSQL server that loses what it is told to lose. A thread for each direction of each line."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict
from typing_extensions import Self

_CHUNK = 1 << 16
_PARSE = b"P"


class FaultProxy:
    """Stands between a worker and its database. Lines are known by the role of their connection: "work", "lease",
    "listen"; None stands for all of them.
    """

    def __init__(self, url: str) -> None:
        self._target: dict[str, Any] = conninfo_to_dict(url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lines: list[_Line] = []
        self._refused: set[str | None] = set()
        self._frozen = False
        self._round_trips = 0
        self._last_request = time.monotonic()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The way to the database through here. Without encryption, which would hide the roles."""
        target, port = self._target, self._server.getsockname()[1]
        user = f"{quote(target['user'])}:{quote(target.get('password') or '')}"
        return f"postgresql://{user}@127.0.0.1:{port}/{target['dbname']}?sslmode=disable&gssencmode=disable"

    @property
    def round_trips(self) -> int:
        """How often clients have asked the server something so far; a pipeline of statements is one. Preparing a
        statement is not counted: that is done once.
        """
        return self._round_trips

    @property
    def quiet_seconds(self) -> float:
        """For how long nobody has asked the server anything."""
        return time.monotonic() - self._last_request

    def cut(self, role: str | None = None) -> None:
        """Close lines, with what is on them."""
        for line in self._of(role):
            line.close()

    def refuse(self, role: str | None = None) -> None:
        """Close lines, and accept no new ones until `accept`."""
        self._refused.add(role)
        self.cut(role)

    def accept(self, role: str | None = None) -> None:
        """Accept lines again."""
        self._refused.discard(role)

    def freeze(self) -> None:
        """Let nothing through any more, in silence: lines stay open, new ones too."""
        self._frozen = True
        for line in self._of(None):
            line.hold_all()

    def thaw(self) -> None:
        """Let everything through again, also what was held."""
        self._frozen = False
        for line in self._of(None):
            line.let_go()

    def hold_replies(self, role: str) -> None:
        """Let requests through, and keep what the server says to them. `cut` loses it."""
        for line in self._of(role):
            line.replies.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shutdown first: a thread blocked in accept() is not woken by close().
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def _of(self, role: str | None) -> list[_Line]:
        self._lines = [line for line in self._lines if not line.closed]
        return [line for line in self._lines if role is None or line.role == role]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            startup = _startup_packet(client)
            role = _role_in(startup)
            if role in self._refused or None in self._refused:
                client.close()
                return
            line = _Line(role, client, self._connect())
        except OSError:
            client.close()
            return
        self._lines.append(line)
        if self._frozen:
            line.hold_all()
        threading.Thread(target=line.pump_replies, daemon=True).start()
        line.pump_requests(startup, self._count)

    def _count(self, *, is_asking: bool) -> None:
        self._round_trips += is_asking
        self._last_request = time.monotonic()

    def _connect(self) -> socket.socket:
        host, port = self._target.get("host") or "127.0.0.1", int(self._target.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server


class _Line:
    """One connection, both its sides."""

    def __init__(self, role: str, client: socket.socket, server: socket.socket) -> None:
        self.role = role
        self.closed = False
        self._client = client
        self._server = server
        self._awaits_reply = False
        self.requests = threading.Event()
        self.replies = threading.Event()
        self.let_go()

    def hold_all(self) -> None:
        self.requests.clear()
        self.replies.clear()

    def let_go(self) -> None:
        self.requests.set()
        self.replies.set()

    def pump_requests(self, startup: bytes, count: Any) -> None:
        data = startup
        while data:
            self.requests.wait()
            count(is_asking=not self._awaits_reply and not data.startswith(_PARSE))
            self._awaits_reply = True
            data = self._pass_on(data, self._client, self._server)

    def pump_replies(self) -> None:
        data = self._receive(self._server)
        while data:
            self.replies.wait()
            self._awaits_reply = False
            data = self._pass_on(data, self._server, self._client)

    def _pass_on(self, data: bytes, source: socket.socket, sink: socket.socket) -> bytes:
        if self.closed:
            return b""
        try:
            sink.sendall(data)
        except OSError:
            self.close()
            return b""
        return self._receive(source)

    def _receive(self, source: socket.socket) -> bytes:
        try:
            data = source.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self.close()
        return data

    def close(self) -> None:
        """Close both sides; what is held is lost."""
        self.closed = True
        for side in (self._client, self._server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
        self.let_go()


def _startup_packet(client: socket.socket) -> bytes:
    """The first thing a client says that does not ask for encryption."""
    head = _exactly(client, 4)
    (length,) = struct.unpack(">I", head)
    return head + _exactly(client, length - 4)


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise ConnectionError("gone before it said who it is")
        data += more
    return data


def _role_in(startup: bytes) -> str:
    """The last word of the application name."""
    words = startup[8:].split(b"\0")
    names = dict(zip(words[::2], words[1::2], strict=False))
    return names.get(b"application_name", b"").decode().rpartition(" ")[2]
