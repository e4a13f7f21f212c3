"""The waiting room: a thread with one connection, on which this process hears that tasks it awaits have ended.

One thread serves threads and coroutines of any number of event loops, so that a process has one listener and not one
for each loop; a waiter costs a future and an entry in a dictionary. It comes with the first `get` and goes when nothing
has been awaited for a while.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from uuid import UUID
from weakref import finalize

import psycopg

from horsies_client.backoff import Backoff
from horsies_client.postgres.sync_runner import run
from horsies_client.postgres.trouble import first_line
from horsies_client.waiting.watch_list import Question, WatchList
from horsies_core.channels import reply_channel
from horsies_core.errors import BrokerError
from horsies_core.identifiers import new_token
from horsies_core.plans.looking_up import Sighting, look_up, look_up_and_await

log = logging.getLogger("horsies.client")

IDLE_SECONDS = 60.0
"""How long the listener stays after the last waiter left. Tasks sent meanwhile notify it without being asked to."""

Answer = Future["Sighting | None"]
"""Resolves with the ended task, or with None if there is no such task."""


class WaitingRoom:
    """Answers when a task has ended. `connect` opens the listening connection, again after it was lost."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], *, schema: str, poll_seconds: float) -> None:
        self._connect = connect
        self._schema = schema
        self._poll_seconds = poll_seconds
        self._channel = reply_channel(new_token())
        self._lock = threading.Lock()
        self._watch_list = WatchList()
        self._answers: dict[UUID, list[Answer]] = {}
        self._thread: threading.Thread | None = None
        self._closing = False
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        # With the last reference, not with `close`: a descriptor that is closed may be someone else's a moment later.
        finalize(self, _close_all, self._wake_reader, self._wake_writer).atexit = False
        self.trouble: Exception | None = None
        """Why nothing can be heard at the moment; None while the connection is up."""

    def open_channel(self) -> str | None:
        """The channel to stamp on tasks that are sent now; None while nobody listens."""
        return self._channel if self._thread is not None else None

    def await_end(self, task_id: UUID, *, announced_on: str | None) -> Answer:
        """A future for the end of a task. `announced_on`: the channel it was sent with, which may have been that of a
        room before this one. The future fails with BrokerError if the room is closed first.
        """
        answer: Answer = Future()
        with self._lock:
            self._answers.setdefault(task_id, []).append(answer)
            self._watch_list.add(task_id, announced=announced_on == self._channel)
            if self._thread is None:
                self._closing = False
                self._thread = threading.Thread(target=self._serve, name="horsies-waiting-room", daemon=True)
                self._thread.start()
        self._wake()
        return answer

    def leave(self, task_id: UUID, answer: Answer) -> None:
        """Stop waiting. The task goes on."""
        with self._lock:
            answers = self._answers.get(task_id, [])
            if answer in answers:
                answers.remove(answer)
            if not answers:
                self._answers.pop(task_id, None)
                self._watch_list.remove(task_id)

    def close(self) -> None:
        """End the thread and its connection. Whoever still waits is told so."""
        with self._lock:
            thread, self._closing = self._thread, True
        self._wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # The pipe is full of wake-ups already.
            os.write(self._wake_writer, b"\0")

    def _serve(self) -> None:
        backoff = Backoff(0.1, 5.0)
        while not self._may_end():
            try:
                with self._connect() as connection:
                    connection.execute(f'listen "{self._channel}"'.encode())
                    self.trouble = None
                    backoff.reset()
                    self._attend(connection)
            except Exception as error:  # Whatever it is: a thread that dies silently leaves its waiters waiting.
                self.trouble = error
                seconds = backoff.next_seconds()
                is_bug = not isinstance(error, psycopg.Error)
                log.warning(
                    "cannot hear of results: %s; trying again in %.1f s", first_line(error), seconds, exc_info=is_bug
                )
                self._sleep(None, seconds)
            with self._lock:
                self._watch_list.doubt()

    def _may_end(self) -> bool:
        """Whether the thread may end; decided under the lock, so that a waiter who comes now starts another."""
        with self._lock:
            if self._answers and not self._closing:
                return False
            self._thread = None
            left, self._answers, self._watch_list = self._answers, {}, WatchList()
        _turn_away([answer for answers in left.values() for answer in answers])
        return True

    def _attend(self, connection: psycopg.Connection[Any]) -> None:
        """Ask, sleep, hear, until nothing was awaited for a while."""
        last_awaited = time.monotonic()
        while not self._closing:
            question = self._next_question()
            if question is not None:
                self._ask(connection, question)
            elif self._heard_nothing(connection):
                self._sleep(connection, self._poll_seconds)
            now = time.monotonic()
            if self._answers:
                last_awaited = now
            elif now - last_awaited > IDLE_SECONDS:
                return

    def _next_question(self) -> Question | None:
        with self._lock:
            return self._watch_list.next_question()

    def _ask(self, connection: psycopg.Connection[Any], question: Question) -> None:
        ids = question.ids
        plan = (
            look_up_and_await(ids, channel=self._channel, schema=self._schema) if question.await_first else look_up(ids)
        )
        sightings = run(plan, connection, self._schema)
        ended = [
            task_id for task_id in question.ids if task_id not in sightings or sightings[task_id].status.is_terminal
        ]
        with self._lock:
            self._watch_list.answered(question, ended)
            answers = [
                (answer, sightings.get(task_id)) for task_id in ended for answer in self._answers.pop(task_id, [])
            ]
        _resolve(answers)

    def _heard_nothing(self, connection: psycopg.Connection[Any]) -> bool:
        payloads = [notification.payload for notification in connection.notifies(timeout=0)]
        if not payloads:
            return True
        with self._lock:
            for payload in payloads:
                self._watch_list.heard(payload)
        return False

    def _sleep(self, connection: psycopg.Connection[Any] | None, seconds: float) -> None:
        """Until a notification comes, someone wakes us, or time is up: then everything is looked at once more."""
        poller = select.poll()
        poller.register(self._wake_reader, select.POLLIN)
        if connection is not None:
            poller.register(connection.fileno(), select.POLLIN)
        ready = poller.poll(seconds * 1000)
        if not ready:
            with self._lock:
                self._watch_list.doubt()
        elif any(descriptor == self._wake_reader for descriptor, _ in ready):
            os.read(self._wake_reader, 4096)


def _close_all(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _resolve(answers: Sequence[tuple[Answer, Sighting | None]]) -> None:
    for answer, sighting in answers:
        # A waiter that gave up in this moment has cancelled its future.
        if answer.set_running_or_notify_cancel():
            answer.set_result(sighting)


def _turn_away(answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.set_running_or_notify_cancel():
            answer.set_exception(BrokerError("the app was closed while this result was awaited"))
