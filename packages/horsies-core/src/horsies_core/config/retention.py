"""How long finished tasks and their results are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from attrs import frozen

from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults


@frozen
class RetentionConfig:
    """`keep_finished`: how long a task stays, with its result, after it reached a terminal state; None: for ever.

    Anything but a positive timedelta is a ConfigurationError (E210).
    """

    keep_finished: timedelta | None = timedelta(days=7)

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        keep = cast("object", self.keep_finished)  # unchecked callers pass numbers
        if keep is not None and not (isinstance(keep, timedelta) and keep > timedelta(0)):
            faults.add(
                ErrorCode.CONFIG_INVALID_RETENTION,
                f"keep_finished must be a timedelta above 0, or None, not {keep!r:.80}",
                argument="keep_finished",
                help="write keep_finished=timedelta(days=7)",
            )
        faults.raise_any()
