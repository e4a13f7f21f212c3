"""The rule of waiting: subscribe, then look, then sleep.

A result is missed only by looking before anyone was told to notify. So every id that is awaited goes through the same
steps, whatever happens around it:

    ASKED   nobody was told yet          -> request and look, in one round trip
    DUE     told, but something happened -> look
    ASLEEP  told, and not there yet      -> nothing, until a notification, a lost connection or the safety poll

Pure: no connection, no clock, no lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from uuid import UUID

from attrs import frozen

IDS_PER_LOOK = 1_000


class _State(Enum):
    ASKED = "asked"
    DUE = "due"
    ASLEEP = "asleep"


@frozen
class Question:
    """What to ask the database next. `await_first`: also ask to be notified."""

    ids: tuple[UUID, ...]
    await_first: bool


class WatchList:
    """The ids that are awaited, and what is known to be needed for each."""

    def __init__(self) -> None:
        self._awaited: dict[UUID, _State] = {}
        self._restless: set[UUID] = set()

    def __len__(self) -> int:
        return len(self._awaited)

    def add(self, task_id: UUID, *, announced: bool) -> None:
        """Await a task. `announced`: it was sent with our channel, so its end notifies us already."""
        if task_id not in self._awaited:
            self._set(task_id, _State.DUE if announced else _State.ASKED)

    def remove(self, task_id: UUID) -> None:
        """It is not awaited any longer: it was answered, or nobody waits."""
        self._awaited.pop(task_id, None)
        self._restless.discard(task_id)

    def heard(self, payload: str) -> None:
        """A notification names tasks. It is a hint: ids that are not awaited, or are no ids, mean nothing."""
        for text in payload.split(","):
            task_id = _uuid(text)
            if self._awaited.get(task_id) is _State.ASLEEP:
                self._set(task_id, _State.DUE)

    def doubt(self) -> None:
        """Something may have been missed: look at everything that sleeps."""
        for task_id, state in self._awaited.items():
            if state is _State.ASLEEP:
                self._awaited[task_id] = _State.DUE
                self._restless.add(task_id)

    def next_question(self) -> Question | None:
        """What to ask now; None when there is nothing to do but sleep."""
        if not self._restless:
            return None
        asked = [task_id for task_id in self._restless if self._awaited[task_id] is _State.ASKED]
        if asked:
            return Question(tuple(asked[:IDS_PER_LOOK]), await_first=True)
        return Question(tuple(self._restless)[:IDS_PER_LOOK], await_first=False)

    def answered(self, question: Question, ended: Iterable[UUID]) -> None:
        """The database answered: these have ended, the others of the question sleep."""
        for task_id in ended:
            self.remove(task_id)
        for task_id in question.ids:
            if task_id in self._awaited:
                self._awaited[task_id] = _State.ASLEEP
                self._restless.discard(task_id)

    def _set(self, task_id: UUID, state: _State) -> None:
        self._awaited[task_id] = state
        self._restless.add(task_id)


_NOBODY = UUID(int=0)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return _NOBODY
