"""The supervisor's end of one child process: its start, the tasks it holds, its death."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from attrs import frozen

from horsies_core.verdict import Outcome
from horsies_worker.execution.attempt import Attempt
from horsies_worker.execution.board import SLOTS, Board
from horsies_worker.execution.death import Death
from horsies_worker.execution.frames import Frame, Kind, Unpacker, pack
from horsies_worker.execution.load import Load

_SEND_BUFFER_BYTES = 1 << 18


class ChildFailedToStart(Exception):
    """The child could not import the user's app, or died in the attempt. `report` is for the user to read."""

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


@frozen
class ChildEvents:
    """Whom a child tells what."""

    done: Callable[[Attempt, Outcome, float], None]
    """A task ended, after so many seconds."""
    taken_back: Callable[[Sequence[Attempt]], None]
    """These had not begun and are the supervisor's again."""
    died: Callable[[ChildProcess, Death], None]
    """The process is gone. What it held is still on `begun()` and `unbegun()`."""


class ChildProcess(asyncio.Protocol):
    """One child. Every task handed to it has a slot, until it is done or taken back."""

    def __init__(self) -> None:
        self._events: ChildEvents | None = None
        self._death: Death | None = None
        self._unpacker = Unpacker()
        self._board = Board.create()
        self._free_slots = list(range(SLOTS - 1, -1, -1))
        self._asked_back: set[int] = set()
        self._gone = False
        self.held: dict[int, Attempt] = {}
        self.load = Load()
        self.is_ready = False

    async def start(self, locator: str, directory: str) -> dict[str, Any]:
        """Start the process and let it import the app; what it says of it. Raises ChildFailedToStart."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 (the standard library's name for it)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "horsies_worker.execution.child",
                str(theirs.fileno()),
                str(self._board.descriptor),
                pass_fds=(theirs.fileno(), self._board.descriptor),
                stdin=asyncio.subprocess.DEVNULL,
                # A session of its own: Ctrl-C in the terminal is for the supervisor, and what a task starts can be
                # ended with it.
                start_new_session=True,
                env={**os.environ, "HORSIES_SUPERVISOR_PID": str(os.getpid())},
            )
        finally:
            theirs.close()
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[dict[str, Any]] = loop.create_future()
        # A second descriptor of the same socket: what a dead child still said is read from it.
        self._remains = ours.dup()
        self._transport, _ = await loop.create_connection(lambda: self, sock=ours)
        self._watch = loop.create_task(self._watch_process())
        self._send(Kind.START, {"locator": locator, "directory": directory})
        header = await self._ready
        self.is_ready = True
        return header

    def report_to(self, events: ChildEvents) -> None:
        """From here on, tell these. A child that has died meanwhile tells that at once."""
        self._events = events
        if self._death is not None:
            events.died(self, self._death)

    @property
    def pid(self) -> int:
        """The process id, for logs."""
        return self._process.pid

    def hand(self, attempts: Sequence[Attempt]) -> None:
        """Give it tasks to run, in this order, behind those it holds. The caller has added them to its load."""
        header: list[tuple[object, ...]] = []
        payloads: list[bytes] = []
        for attempt in attempts:
            slot = self._free_slots.pop()
            self._board.clear(slot)
            self.held[slot] = attempt
            attempt.slot = slot
            task = attempt.task
            payload = task.args.encode()
            header.append((slot, task.name, len(payload), task.id.hex, task.attempt, task.queue, attempt.limit_seconds))
            payloads.append(payload)
        self._send(Kind.RUN, header, b"".join(payloads))

    def take_back(self, attempts: Iterable[Attempt]) -> None:
        """Ask for tasks that have not begun; `taken_back` tells which it gave."""
        slots = [attempt.slot for attempt in attempts if attempt.slot not in self._asked_back]
        if slots:
            self._asked_back.update(slots)
            self._send(Kind.TAKE_BACK, slots)

    def ask_to_stop(self, attempt: Attempt) -> None:
        """Tell a task that it should end; nothing happens if it has not begun."""
        self._send(Kind.ASK_TO_STOP, attempt.slot)

    def holds(self, attempt: Attempt) -> bool:
        """Whether this task is in its hands, here and now."""
        return self.held.get(attempt.slot) is attempt

    def begun_at(self, attempt: Attempt) -> float | None:
        """Monotonic time at which the code of a task it holds began; None if it has not."""
        return self._board.begun_at(attempt.slot)

    def stop(self) -> None:
        """Let it end by itself, after what it holds."""
        self._send(Kind.STOP, None)

    def kill(self) -> None:
        """End it now, with whatever it started in its own session."""
        if not self._gone:
            _kill_group(self._process.pid)

    async def wait_gone(self) -> None:
        """Until the process has ended and its last words are read."""
        await self._watch

    def unbegun(self) -> list[Attempt]:
        """The tasks it holds whose code has not begun."""
        return [attempt for slot, attempt in self.held.items() if self._board.begun_at(slot) is None]

    def begun(self) -> list[Attempt]:
        """The tasks it holds whose code has begun."""
        return [attempt for slot, attempt in self.held.items() if self._board.begun_at(slot) is not None]

    def _send(self, kind: Kind, header: Any, blob: bytes = b"") -> None:
        # A child that is just dying cannot be written to; what it holds is dealt with by its death.
        if not self._transport.is_closing():
            self._transport.write(pack(kind, header, blob))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is ready."""
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        for frame in self._unpacker.feed(data):
            self._receive(frame)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """asyncio: the pipe is closed. A child that closed it and lives on is of no use any more."""
        self.kill()

    def _receive(self, frame: Frame) -> None:
        if frame.kind is Kind.DONE:
            slot, error_code, message, seconds = frame.header
            attempt = self._free(slot)
            self.load.end(attempt)
            self._listeners.done(attempt, Outcome(frame.blob.decode(), error_code, message), seconds)
        elif frame.kind is Kind.TAKEN_BACK:
            self._asked_back.clear()
            self._listeners.taken_back(self._given_back(frame.header))
        elif not self._ready.cancelled():
            # Cancelled: the worker is told to stop while this child is still importing.
            self._receive_start(frame)

    def _receive_start(self, frame: Frame) -> None:
        if frame.kind is Kind.READY:
            self._ready.set_result(frame.header)
        elif frame.kind is Kind.FAILED_TO_START:
            self._ready.set_exception(ChildFailedToStart(frame.header["report"]))

    @property
    def _listeners(self) -> ChildEvents:
        if self._events is None:
            raise RuntimeError("a child was given tasks before anyone listened to it")
        return self._events

    def _given_back(self, slots: Iterable[int]) -> list[Attempt]:
        attempts = [self._free(slot) for slot in slots]
        for attempt in attempts:
            self.load.give_back(attempt)
        return attempts

    def _free(self, slot: int) -> Attempt:
        self._free_slots.append(slot)
        return self.held.pop(slot)

    async def _watch_process(self) -> None:
        """The process itself is watched, not only the pipe: something that a task left running may hold it open."""
        returncode = await self._process.wait()
        self._gone = True
        _kill_group(self._process.pid)
        self._read_remains()
        self._transport.abort()
        death = Death(self._process.pid, returncode)
        if not self._ready.done():
            self._ready.set_exception(ChildFailedToStart(f"a child process {death.cause} while it imported the app"))
        self._death = death
        if self._events is not None:
            self._events.died(self, death)
        self._remains.close()
        self._board.close()

    def _read_remains(self) -> None:
        """Results that it sent before it died count."""
        try:
            while data := self._remains.recv(_SEND_BUFFER_BYTES):
                self.data_received(data)
        except OSError:
            pass  # Nothing is left, or the pipe broke with something in it: then that was never said.


def _kill_group(pid: int) -> None:
    # The child leads its session, so its pid is the group's. Gone, and nothing left behind: nothing to do.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
