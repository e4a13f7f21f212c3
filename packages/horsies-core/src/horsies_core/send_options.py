"""What may be said of one send, beyond what the task's definition says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from attrs import field, frozen

from horsies_core.config import AppConfig
from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults, is_number
from horsies_core.task_options import TaskOptions, check_moment

_CODE = ErrorCode.TASK_INVALID_OPTIONS
_LONGEST_KEY = 255
_LONGEST_DELAY_SECONDS = 10 * 365 * 24 * 3600


@frozen(kw_only=True)
class SendOptions:
    """The options of `with_options(...)`, as given: None is "not said"."""

    queue_name: str | None = None
    priority: int | None = None
    run_at: datetime | None = None
    delay_ms: int | None = None
    good_until: datetime | None = None
    timeout_ms: int | None = None
    idempotency_key: str | None = None
    task_id: UUID | None = field(default=None)
    connection: Any = field(default=None, repr=False, eq=False)

    def check(self, config: AppConfig) -> None:
        """Raise every fault at once: ConfigurationErrors E102, and E103 for the queue."""
        faults = Faults()
        if self.queue_name is not None:
            TaskOptions(queue_name=self.queue_name).check(faults, config)
        TaskOptions(queue_name=None, priority=self.priority, timeout_ms=self.timeout_ms).check_values(faults)
        check_moment(faults, "good_until", self.good_until)
        check_moment(faults, "run_at", self.run_at)
        self._check_delay(faults)
        self._check_key(faults)
        faults.raise_any(subject="the options of the send")

    def _check_delay(self, faults: Faults) -> None:
        if self.delay_ms is None:
            return
        _check_span(faults, "delay_ms", self.delay_ms, unit="milliseconds", longest=_LONGEST_DELAY_SECONDS * 1000)
        if self.run_at is not None:
            faults.add(_CODE, "run_at and delay_ms are both given", argument="delay_ms", help="leave one of them out")

    def _check_key(self, faults: Faults) -> None:
        key = cast("object", self.idempotency_key)
        if key is None:
            return
        if not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY and _is_storable(key)):
            message = f"idempotency_key must be a text of 1 to {_LONGEST_KEY} characters, not {key!r:.80}"
            faults.add(_CODE, message, argument="idempotency_key")
        if self.task_id is not None:
            faults.add(
                _CODE,
                "task_id and idempotency_key are both given",
                argument="idempotency_key",
                help="either of them makes repeating safe; leave one out",
            )


def check_delay_seconds(delay: object) -> None:
    """Raise ConfigurationError (E102) unless `delay` is a delay that can be meant."""
    faults = Faults()
    _check_span(faults, "delay_seconds", delay, unit="seconds", longest=_LONGEST_DELAY_SECONDS)
    faults.raise_any(subject="the delay")


def _check_span(faults: Faults, argument: str, span: object, *, unit: str, longest: int) -> None:
    if not (is_number(span) and 0 <= span <= longest):
        message = f"{argument} must be {unit} from 0 to {longest} (ten years), not {span!r:.80}"
        faults.add(_CODE, message, argument=argument)


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL takes it as it is: it has no NUL and no lone surrogate."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
