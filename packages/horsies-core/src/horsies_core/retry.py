"""Whether a failed task is tried again, and how long to wait before."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias, cast

from attrs import field, frozen

from horsies_core.error_codes import is_error_code
from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults, is_integer, is_number

BackoffStrategy: TypeAlias = Literal["fixed", "exponential"]

MOST_RETRIES = 20
LONGEST_DELAY_SECONDS = 365 * 24 * 60 * 60
"""A year. Longer ones are slips of units, and lead beyond what a database's timestamps hold."""

JITTER = 0.25
"""Delays vary by this fraction either way: tasks that failed together must not come back together."""

_CODE = ErrorCode.TASK_INVALID_OPTIONS


class RandomSource(Protocol):
    """The part of `random.Random` that is needed here."""

    def uniform(self, a: float, b: float, /) -> float: ...


def _plain_codes(codes: Collection[str]) -> tuple[str, ...]:
    given = cast("object", codes)
    # A lone str is a collection of letters. It is kept whole, for the checks to name.
    if isinstance(given, str) or not isinstance(given, Collection):
        return cast("tuple[str, ...]", given)
    listed = cast("Collection[object]", given)
    # str.__str__ reads past a str enum of the user's, whose own str() is "Codes.RATE_LIMITED".
    return cast("tuple[str, ...]", tuple(str.__str__(code) if isinstance(code, str) else code for code in listed))


def _plain_intervals(intervals: Sequence[float]) -> tuple[float, ...]:
    given = cast("object", intervals)
    return tuple(intervals) if isinstance(given, (list, tuple)) else cast("tuple[float, ...]", given)


@frozen
class RetryPolicy:
    """Retries a failure whose code, the library's or a user's own, is in `auto_retry_for`.

    `intervals` are seconds. "fixed": one for each of the `max_retries`. "exponential": a single one, doubled with
    each retry, up to `max_delay_seconds`. Faults are ConfigurationErrors (E102), and so ValueErrors.
    """

    auto_retry_for: Collection[str] = field(converter=_plain_codes)
    max_retries: int = 3
    intervals: Sequence[float] = field(default=(60, 300, 900), converter=_plain_intervals)
    backoff_strategy: BackoffStrategy = "fixed"
    jitter: bool = True
    max_delay_seconds: float | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        _check_codes(faults, self.auto_retry_for)
        faults.require_integer(_CODE, "max_retries", self.max_retries, minimum=1, maximum=MOST_RETRIES)
        faults.require_bool(_CODE, "jitter", self.jitter)
        _check_intervals(faults, self)
        if self.max_delay_seconds is not None:
            faults.require_positive_number(_CODE, "max_delay_seconds", self.max_delay_seconds)
        faults.raise_any(subject="the retry policy")

    @classmethod
    def fixed(cls, intervals: Sequence[float], *, auto_retry_for: Collection[str], jitter: bool = True) -> RetryPolicy:
        """Retry once after each of `intervals`, in seconds."""
        return cls(auto_retry_for, max_retries=len(intervals), intervals=intervals, jitter=jitter)

    @classmethod
    def exponential(
        cls,
        base_seconds: float = 30,
        *,
        max_retries: int = 5,
        auto_retry_for: Collection[str],
        max_delay_seconds: float | None = None,
        jitter: bool = True,
    ) -> RetryPolicy:
        """Retry after `base_seconds`, then after twice as long each time, but never after more than the maximum."""
        return cls(
            auto_retry_for,
            max_retries=max_retries,
            intervals=[base_seconds],
            backoff_strategy="exponential",
            jitter=jitter,
            max_delay_seconds=max_delay_seconds,
        )

    def to_json(self) -> str:
        """Write the policy as it is stored with a task."""
        return json.dumps(
            {
                "auto_retry_for": list(self.auto_retry_for),
                "max_retries": self.max_retries,
                "intervals": list(self.intervals),
                "backoff_strategy": self.backoff_strategy,
                "jitter": self.jitter,
                "max_delay_seconds": self.max_delay_seconds,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> RetryPolicy:
        """Read what `to_json` wrote. Raises ValueError or TypeError for anything else."""
        stored: Any = json.loads(text)
        return cls(**stored)


def should_retry(policy: RetryPolicy | None, attempt: int, error_code: str | None) -> bool:
    """Tell whether a task is tried again whose attempt, counted from 1, failed with this code."""
    return policy is not None and error_code in policy.auto_retry_for and attempt <= policy.max_retries


def next_delay(policy: RetryPolicy, attempt: int, random: RandomSource) -> timedelta | None:
    """Return how long to wait after the failure of this attempt, counted from 1; None if no retry is left."""
    if attempt > policy.max_retries:
        return None
    seconds = _planned_seconds(policy, attempt)
    if policy.jitter:
        # Within the limit, rather than cut at it, where all long delays would meet again.
        highest = min(seconds * (1 + JITTER), _limit_seconds(policy))
        seconds = random.uniform(seconds * (1 - JITTER), highest)
    return timedelta(seconds=seconds)


def _planned_seconds(policy: RetryPolicy, attempt: int) -> float:
    if policy.backoff_strategy == "fixed":
        return min(policy.intervals[attempt - 1], _limit_seconds(policy))
    return min(policy.intervals[0] * 2 ** (attempt - 1), _limit_seconds(policy))


def _limit_seconds(policy: RetryPolicy) -> float:
    return LONGEST_DELAY_SECONDS if policy.max_delay_seconds is None else policy.max_delay_seconds


def _check_codes(faults: Faults, codes: object) -> None:
    if not isinstance(codes, tuple):
        message = f"auto_retry_for must be a list of error codes, not {codes!r:.80}"
        faults.add(_CODE, message, argument="auto_retry_for")
        return
    if not codes:
        faults.add(
            _CODE,
            "auto_retry_for is empty: nothing would ever be retried",
            argument="auto_retry_for",
            help='name the codes, as in auto_retry_for=["UNHANDLED_EXCEPTION"], or leave the retry policy out',
        )
    for code in cast("tuple[object, ...]", codes):
        if not (isinstance(code, str) and is_error_code(code)):
            faults.add(
                _CODE,
                f"auto_retry_for holds {code!r:.80}, which is not an error code",
                argument="auto_retry_for",
                help="write codes like RATE_LIMITED; exceptions get theirs from exception_mapper",
            )


def _check_intervals(faults: Faults, policy: RetryPolicy) -> None:
    strategy, intervals = cast("object", policy.backoff_strategy), cast("object", policy.intervals)
    if strategy not in ("fixed", "exponential"):
        message = f"backoff_strategy must be 'fixed' or 'exponential', not {strategy!r:.80}"
        faults.add(_CODE, message, argument="backoff_strategy")
    if not isinstance(intervals, tuple):
        message = f"intervals must be a list of seconds, not {intervals!r:.80}"
        faults.add(_CODE, message, argument="intervals")
        return
    listed = cast("tuple[object, ...]", intervals)
    for seconds in listed:
        if not (is_number(seconds) and 0 <= seconds <= LONGEST_DELAY_SECONDS):
            message = f"intervals must be seconds from 0 to {LONGEST_DELAY_SECONDS} (a year), not {seconds!r:.80}"
            faults.add(_CODE, message, argument="intervals")
    _check_interval_count(faults, policy, len(listed))


def _check_interval_count(faults: Faults, policy: RetryPolicy, count: int) -> None:
    if policy.backoff_strategy == "exponential" and count != 1:
        faults.add(
            _CODE,
            f"exponential backoff takes one interval, the first, not {count}",
            argument="intervals",
            help="write intervals=[30], or RetryPolicy.exponential(base_seconds=30, auto_retry_for=[...])",
        )
    if policy.backoff_strategy == "fixed" and is_integer(policy.max_retries) and count != policy.max_retries:
        faults.add(
            _CODE,
            f"fixed backoff takes as many intervals as retries, not {count} for {policy.max_retries}",
            argument="intervals",
            help="list an interval for each retry, or use RetryPolicy.fixed([...], auto_retry_for=[...])",
        )
