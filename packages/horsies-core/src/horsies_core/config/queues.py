"""The queues of an app: one called "default", or those that are listed."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults

DEFAULT_QUEUE = "default"
"""The one queue of QueueMode.DEFAULT."""

LONGEST_QUEUE_NAME = 100


class QueueMode(str, Enum):
    """Whether tasks go to the one queue "default", or to queues of the app's own."""

    DEFAULT = "DEFAULT"
    """One queue, "default"."""
    CUSTOM = "CUSTOM"
    """Those of `AppConfig(custom_queues=[...])`; each task names its own."""

    def __str__(self) -> str:
        return self.value


@frozen
class CustomQueueConfig:
    """A queue of the app's own.

    `priority` runs from 1, claimed first, to 100. `max_concurrency` bounds the tasks of this queue that are CLAIMED
    or RUNNING in the whole cluster; None: no bound. Faults are ConfigurationErrors (E200).
    """

    name: str
    """Up to 100 printable characters, without spaces and commas."""
    priority: int = 1
    max_concurrency: int | None = 5

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        code = ErrorCode.CONFIG_INVALID_QUEUE_MODE
        if not _is_queue_name(self.name):
            faults.add(
                code,
                f"{self.name!r:.120} cannot name a queue",
                argument="name",
                help=f"use 1 to {LONGEST_QUEUE_NAME} printable characters, without spaces and commas",
            )
        faults.require_integer(code, "priority", self.priority, minimum=1, maximum=100)
        if self.max_concurrency is not None:
            faults.require_integer(code, "max_concurrency", self.max_concurrency, minimum=1)
        faults.raise_any()


def _is_queue_name(name: object) -> bool:
    # Commas and spaces separate names on the command line: `horsies worker --queues a,b`.
    return (
        isinstance(name, str)
        and 1 <= len(name) <= LONGEST_QUEUE_NAME
        and name.isprintable()
        and not any(char.isspace() or char == "," for char in name)
    )
