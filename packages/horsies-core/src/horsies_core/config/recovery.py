"""How soon a worker that has gone silent is given up, and its tasks are rescued."""

from __future__ import annotations

from attrs import frozen

from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults, is_integer

_SHORTEST_THRESHOLD_MS = 1_000
_LONGEST_THRESHOLD_MS = 2 * 60 * 60 * 1_000
_HEARTBEATS_PER_THRESHOLD = 2


@frozen
class RecoveryConfig:
    """Thresholds, in milliseconds, after which the tasks of a silent worker go back or fail.

    A threshold is from 1 s to 2 h, and at least twice `heartbeat_interval_ms`: one heartbeat may be lost on the way
    without anybody being declared dead. Faults are ConfigurationErrors (E204).
    """

    auto_requeue_stale_claimed: bool = True
    """Whether tasks that a lost worker had claimed, and not begun, go to others."""
    claimed_stale_threshold_ms: int = 15_000
    """How long a worker that holds claimed tasks may be silent."""
    auto_fail_stale_running: bool = True
    """Whether tasks that a lost worker was running end as WORKER_CRASHED, or are retried if their policy says so."""
    running_stale_threshold_ms: int = 15_000
    """How long a worker that runs tasks may be silent: the length of its lease."""
    check_interval_ms: int = 5_000
    """How often each worker looks for lost ones."""
    heartbeat_interval_ms: int = 5_000
    """How often each worker renews its lease."""

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        code = ErrorCode.CONFIG_INVALID_RECOVERY
        faults.require_bool(code, "auto_requeue_stale_claimed", self.auto_requeue_stale_claimed)
        faults.require_bool(code, "auto_fail_stale_running", self.auto_fail_stale_running)
        faults.require_integer(code, "check_interval_ms", self.check_interval_ms, minimum=1)
        faults.require_integer(code, "heartbeat_interval_ms", self.heartbeat_interval_ms, minimum=1)
        for name, threshold in (
            ("claimed_stale_threshold_ms", self.claimed_stale_threshold_ms),
            ("running_stale_threshold_ms", self.running_stale_threshold_ms),
        ):
            faults.require_integer(code, name, threshold, minimum=_SHORTEST_THRESHOLD_MS, maximum=_LONGEST_THRESHOLD_MS)
            self._require_heartbeats_within(faults, name, threshold)
        faults.raise_any()

    def _require_heartbeats_within(self, faults: Faults, name: str, threshold: int) -> None:
        if not (is_integer(threshold) and is_integer(self.heartbeat_interval_ms)):
            return
        least = _HEARTBEATS_PER_THRESHOLD * self.heartbeat_interval_ms
        if threshold < least:
            faults.add(
                ErrorCode.CONFIG_INVALID_RECOVERY,
                f"{name} is {threshold}, less than twice the heartbeat interval of {self.heartbeat_interval_ms}",
                argument=name,
                notes=["a live worker whose one heartbeat comes late would lose its tasks"],
                help=f"set {name} to {least} or more, or heartbeat_interval_ms to {threshold // 2} or less",
            )
