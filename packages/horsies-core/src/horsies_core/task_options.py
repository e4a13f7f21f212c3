"""What may be said of a task beside its function, and what of it cannot be meant."""

from __future__ import annotations

import re
from datetime import datetime
from typing import cast

from attrs import frozen

from horsies_core.config import AppConfig, QueueMode
from horsies_core.config.queues import DEFAULT_QUEUE
from horsies_core.errors import ErrorCode
from horsies_core.exception_mapper import ExceptionMapper, check_default_code, check_exception_mapper
from horsies_core.faults import Faults
from horsies_core.retry import RetryPolicy

DEFAULT_PRIORITY = 50
"""Of 1 (first) to 100 (last): in the middle, so that a task can be put before the others as well as behind."""

# The largest that PostgreSQL's integer holds; some 24 days.
_LONGEST_TIMEOUT_MS = 2**31 - 1

_CODE = ErrorCode.TASK_INVALID_OPTIONS
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


@frozen(kw_only=True)
class TaskOptions:
    """The options of `@app.task(...)`, as given: None is "not said". `check` tells what is wrong with them."""

    queue_name: str | None = None
    priority: int | None = None
    retry_policy: RetryPolicy | None = None
    good_until: datetime | None = None
    timeout_ms: int | None = None
    exception_mapper: ExceptionMapper | None = None
    default_unhandled_error_code: str | None = None

    def check(self, faults: Faults, config: AppConfig) -> None:
        """Note every fault: E102 for an option, E103 for the queue, E209 for exceptions and their codes."""
        self._check_queue(faults, config)
        self.check_values(faults)

    def check_values(self, faults: Faults) -> None:
        """Note the faults of everything but the queue, which only a configuration can tell."""
        if self.priority is not None:
            faults.require_integer(_CODE, "priority", self.priority, minimum=1, maximum=100)
        if self.timeout_ms is not None:
            faults.require_integer(_CODE, "timeout_ms", self.timeout_ms, minimum=1, maximum=_LONGEST_TIMEOUT_MS)
        self._check_retry_policy(faults)
        check_moment(faults, "good_until", self.good_until)
        if self.exception_mapper is not None:
            check_exception_mapper(faults, self.exception_mapper)
        if self.default_unhandled_error_code is not None:
            check_default_code(faults, self.default_unhandled_error_code)

    def _check_queue(self, faults: Faults, config: AppConfig) -> None:
        code = ErrorCode.TASK_INVALID_QUEUE
        known = [queue.name for queue in config.custom_queues or ()]
        listed = f"configured queues: {', '.join(known)}"
        if config.queue_mode is QueueMode.DEFAULT:
            if self.queue_name is not None:
                faults.add(
                    code,
                    f"queue_name is given, and the app has only the queue {DEFAULT_QUEUE!r}",
                    argument="queue_name",
                    help="leave queue_name out, or configure queue_mode=QueueMode.CUSTOM with custom_queues=[...]",
                )
        elif self.queue_name is None:
            faults.add(
                code, "no queue_name", argument="queue_name", notes=[listed], help="say which one: queue_name=..."
            )
        elif self.queue_name not in known:
            faults.add(
                code,
                f"unknown queue {self.queue_name!r:.80}",
                argument="queue_name",
                notes=[listed],
                help=f'use one of them, or add CustomQueueConfig(name="{self.queue_name!s:.80}") to custom_queues',
            )

    def _check_retry_policy(self, faults: Faults) -> None:
        policy = cast("object", self.retry_policy)
        if policy is not None and not isinstance(policy, RetryPolicy):
            faults.add(
                _CODE,
                f"retry_policy must be a RetryPolicy, not {type(policy).__name__}",
                argument="retry_policy",
                help="write RetryPolicy.fixed([60, 300], auto_retry_for=[...])",
            )


def check_moment(faults: Faults, argument: str, moment: object) -> None:
    """Note a fault unless `moment` is None or a datetime that says its time zone."""
    if moment is None:
        return
    if not isinstance(moment, datetime):
        faults.add(_CODE, f"{argument} must be a datetime, not {type(moment).__name__}", argument=argument)
    elif moment.utcoffset() is None:
        faults.add(
            _CODE,
            f"{argument} has no time zone: {moment.isoformat()}",
            argument=argument,
            help="say which one, as in datetime(2031, 1, 1, tzinfo=timezone.utc)",
        )


def check_name(faults: Faults, name: object, *, is_default: bool) -> None:
    """Note a fault unless `name` may be the name of a task; `is_default`: it was made from module and function."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return
    faults.add(
        _CODE,
        f"the {'default ' if is_default else ''}name {name!r:.160} cannot be the name of a task",
        argument="name",
        notes=["a name is 1 to 128 letters of ASCII, digits, or any of _ . : -"],
        help='give the task a name: @app.task("my_task")' if is_default else None,
    )
