"""A child's life: import the user's app, say what it can run, run it until the supervisor says stop or is gone."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Any

from horsies_client.current_task import CurrentTask
from horsies_worker.execution.board import Board
from horsies_worker.execution.child.lanes import Job, LoopLane, MainLane
from horsies_worker.execution.child.lifeline import die_with_parent
from horsies_worker.execution.child.loading import StartFailure, load, ready_header
from horsies_worker.execution.child.outbound import Outbound
from horsies_worker.execution.frames import Frame, Kind, Unpacker

_RECEIVE_BYTES = 1 << 18


def main(socket_descriptor: int, board_descriptor: int) -> None:
    """Run the child on the main thread; returns when it was told to stop."""
    die_with_parent()
    link = socket.socket(fileno=socket_descriptor)
    outbound = Outbound(link)
    inbound = Inbound(link)
    start = inbound.first()
    try:
        app = load(start.header["locator"], start.header["directory"])
    except StartFailure as failure:
        outbound.send(Kind.FAILED_TO_START, {"report": failure.report})
        sys.exit(1)
    outbound.send(Kind.READY, ready_header(app))
    board = Board(board_descriptor)
    main_lane = MainLane(app, board, outbound)
    loop_lane = LoopLane(app, board, outbound)
    reader = threading.Thread(
        target=inbound.serve, args=(Dispatch(app, main_lane, loop_lane, outbound),), name="horsies-inbound", daemon=True
    )
    reader.start()
    main_lane.run()


class Inbound:
    """Reads frames. When the supervisor is gone the child goes too, whatever it is doing: the tasks it runs will be
    rescued, and two of them must not run at once.
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._unpacker = Unpacker()
        self._early: list[Frame] = []

    def first(self) -> Frame:
        """The first frame, which says what to load."""
        while not self._early:
            self._early.extend(self._unpacker.feed(self._receive()))
        return self._early.pop(0)

    def serve(self, dispatch: Dispatch) -> None:
        """Hand over frame after frame, for ever."""
        for frame in self._early:
            dispatch(frame)
        while True:
            for frame in self._unpacker.feed(self._receive()):
                dispatch(frame)

    def _receive(self) -> bytes:
        try:
            data = self._link.recv(_RECEIVE_BYTES)
        except OSError:
            data = b""
        if not data:
            os._exit(1)
        return data


class Dispatch:
    """Brings each frame to where it is dealt with."""

    def __init__(self, app: Any, main_lane: MainLane, loop_lane: LoopLane, outbound: Outbound) -> None:
        self._async_names = {definition.name for definition in app.registry if definition.is_async}
        self._main_lane = main_lane
        self._loop_lane = loop_lane
        self._outbound = outbound

    def __call__(self, frame: Frame) -> None:
        if frame.kind is Kind.RUN:
            self._run(frame)
        elif frame.kind is Kind.TAKE_BACK:
            taken = [slot for slot in frame.header if self._main_lane.take_back(slot)]
            self._outbound.send(Kind.TAKEN_BACK, taken)
        elif frame.kind is Kind.ASK_TO_STOP:
            self._main_lane.ask_to_stop(frame.header)
            self._loop_lane.ask_to_stop(frame.header)
        elif frame.kind is Kind.STOP:
            # The supervisor waits for what runs before it says stop; coroutines that are left by now are left.
            self._main_lane.stop()

    def _run(self, frame: Frame) -> None:
        start = 0
        for slot, name, length, task_id, attempt, queue, limit_seconds in frame.header:
            task = CurrentTask(_dashed(task_id), name, attempt, queue)
            job = Job(slot, frame.blob[start : start + length].decode(), task, limit_seconds)
            start += length
            lane = self._loop_lane if name in self._async_names else self._main_lane
            lane.add(job)


def _dashed(digits: str) -> str:
    """A uuid as people write it, without the detour over UUID, which costs more than some tasks."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
