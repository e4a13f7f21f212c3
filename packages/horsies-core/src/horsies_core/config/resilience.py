"""How a worker behaves while the database is out of reach."""

from __future__ import annotations

from attrs import frozen

from horsies_core.errors import ErrorCode
from horsies_core.faults import Faults, is_integer


@frozen
class WorkerResilienceConfig:
    """Pauses between attempts to reach the database, and between polls, in milliseconds.

    Faults are ConfigurationErrors (E208).
    """

    db_retry_initial_ms: int = 500
    """The first pause before connecting again. Each one is twice as long as the one before."""
    db_retry_max_ms: int = 30_000
    """The longest pause."""
    db_retry_max_attempts: int = 0
    """After so many attempts a worker gives up, and ends; 0: never."""
    notify_poll_interval_ms: int = 5_000
    """How often to look for work, and for awaited results, of which no notification came."""

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        code = ErrorCode.CONFIG_INVALID_RESILIENCE
        initial, longest = self.db_retry_initial_ms, self.db_retry_max_ms
        faults.require_integer(code, "db_retry_initial_ms", initial, minimum=1)
        faults.require_integer(code, "db_retry_max_ms", longest, minimum=1)
        faults.require_integer(code, "db_retry_max_attempts", self.db_retry_max_attempts, minimum=0)
        faults.require_integer(code, "notify_poll_interval_ms", self.notify_poll_interval_ms, minimum=1)
        if is_integer(initial) and is_integer(longest) and 0 < longest < initial:
            message = f"db_retry_max_ms is {longest}, less than db_retry_initial_ms, which is {initial}"
            faults.add(code, message, argument="db_retry_max_ms")
        faults.raise_any()
