"""The life of a task: its states, and every move between them.

A task's status is changed by the statements named here and by nothing else. Two guards hold the .sql files to this
list: a test that compares each file's `-- move:` lines with it, and, in the test database, a trigger generated from it
that refuses any other move.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class TaskStatus(str, Enum):
    """Where a task stands. Live states are rows of `tasks`, terminal ones rows of `finished`."""

    PENDING = "PENDING"
    """Waits for a worker: due now, or at its due time."""
    CLAIMED = "CLAIMED"
    """A worker holds it for a child that is not free yet; no user code has run."""
    RUNNING = "RUNNING"
    """Handed, or about to be handed, to a child process; user code may have run."""
    COMPLETED = "COMPLETED"
    """Ended with `ok`."""
    FAILED = "FAILED"
    """Ended with `err`."""
    CANCELLED = "CANCELLED"
    """Cancelled before it ended by itself."""
    EXPIRED = "EXPIRED"
    """Not started by its `good_until`."""

    @property
    def is_terminal(self) -> bool:
        """Whether the task has ended: its row and its result never change again."""
        return self in TASK_TERMINAL_STATES


TASK_TERMINAL_STATES = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.EXPIRED})
"""Those in which a task has ended."""


@frozen
class Move:
    """One legal change of a task's status, and the statement files that may make it."""

    name: str
    source: TaskStatus | None
    """None: the task did not exist before."""
    target: TaskStatus
    actor: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        source = self.source.value if self.source else "new"
        return f"{self.name} ({source} -> {self.target.value})"


_PENDING, _RUNNING = TaskStatus.PENDING, TaskStatus.RUNNING

TASK_MOVES = (
    Move(
        "enqueue",
        None,
        _PENDING,
        "client",
        ("task/insert", "task/insert_again", "task/insert_once", "task/insert_many"),
    ),
    # Claim and start are one commit when a child has room at once; a claim that waits for room (prefetch) will be
    # PENDING -> CLAIMED -> RUNNING.
    Move("claim_and_start", _PENDING, _RUNNING, "worker", ("task/claim_and_start",)),
    Move("complete", _RUNNING, TaskStatus.COMPLETED, "worker", ("task/settle",)),
    Move("fail", _RUNNING, TaskStatus.FAILED, "worker", ("task/settle",)),
    # A task that is to be cancelled while it runs ends so whatever its code returns.
    Move("cancel_running", _RUNNING, TaskStatus.CANCELLED, "worker", ("task/settle",)),
    Move("cancel_pending", _PENDING, TaskStatus.CANCELLED, "client", ("task/settle",)),
    Move("expire", _PENDING, TaskStatus.EXPIRED, "worker", ("task/settle",)),
    Move("retry", _RUNNING, _PENDING, "worker", ("task/retry",)),
    # Claimed but its code never began: no attempt is spent.
    Move("release", _RUNNING, _PENDING, "worker", ("task/release",)),
)
