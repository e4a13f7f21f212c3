"""How long a process waits for the database, and how long a worker may trust its lease."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horsies_client.backoff import Backoff
from horsies_core.config import RecoveryConfig
from horsies_worker.recovery.lease import fence_after


@given(initial=st.floats(0.001, 10), maximum=st.floats(0.001, 600), failures=st.integers(1, 2_000))
def test_a_wait_is_never_longer_than_the_maximum_and_never_nothing(
    initial: float, maximum: float, failures: int
) -> None:
    backoff = Backoff(initial, maximum)
    waits = [backoff.next_seconds() for _ in range(failures)]
    assert all(min(initial, maximum) / 2 <= wait <= maximum for wait in waits)


def test_the_first_wait_is_about_the_initial_one_and_later_ones_double() -> None:
    backoff = Backoff(1.0, 1_000.0)
    for exponent in range(8):
        assert 2**exponent / 2 <= backoff.next_seconds() <= 2**exponent


def test_success_makes_the_next_wait_short_again() -> None:
    backoff = Backoff(1.0, 1_000.0)
    for _ in range(8):
        backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() <= 1.0


def test_clients_that_failed_together_do_not_come_back_together() -> None:
    assert len({Backoff(1.0, 30.0).next_seconds() for _ in range(100)}) > 90


@given(st.integers(1_000, 7_200_000))
def test_a_worker_fences_itself_before_its_lease_can_lapse(threshold_ms: int) -> None:
    lease = threshold_ms / 1000
    assert lease / 2 < fence_after(lease) < lease


def test_the_default_leaves_four_seconds_for_killing() -> None:
    lease = RecoveryConfig().running_stale_threshold_ms / 1000
    assert lease - fence_after(lease) >= 3.75


@given(st.integers(1, 3_600_000))
def test_a_renewal_that_is_on_time_comes_before_the_fence(heartbeat_ms: int) -> None:
    threshold_ms = max(1_000, 2 * heartbeat_ms)
    config = RecoveryConfig(
        heartbeat_interval_ms=heartbeat_ms,
        running_stale_threshold_ms=threshold_ms,
        claimed_stale_threshold_ms=threshold_ms,
    )
    assert config.heartbeat_interval_ms / 1000 < fence_after(config.running_stale_threshold_ms / 1000)
