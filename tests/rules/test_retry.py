"""A retry policy tells whether a failure is tried again, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from random import Random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horsies_core.error_codes import LibraryErrorCode
from horsies_core.errors import ConfigurationError, ErrorCode, MultipleValidationErrors
from horsies_core.retry import LONGEST_DELAY_SECONDS, RetryPolicy, next_delay, should_retry

CODES = ["RATE_LIMITED"]

# As those call it who run no type checker.
policy_of = cast("Callable[..., object]", RetryPolicy)

fixed_policies = st.builds(
    RetryPolicy.fixed,
    st.lists(st.floats(0, LONGEST_DELAY_SECONDS), min_size=1, max_size=20),
    auto_retry_for=st.just(CODES),
    jitter=st.booleans(),
)
exponential_policies = st.builds(
    RetryPolicy.exponential,
    st.floats(0, LONGEST_DELAY_SECONDS),
    max_retries=st.integers(1, 20),
    auto_retry_for=st.just(CODES),
    max_delay_seconds=st.none() | st.floats(0.001, LONGEST_DELAY_SECONDS),
    jitter=st.booleans(),
)
policies = fixed_policies | exponential_policies
randoms = st.integers(0, 1_000).map(Random)


def delays(policy: RetryPolicy, random: Random | None = None) -> list[float]:
    found: list[float] = []
    while (delay := next_delay(policy, len(found) + 1, random or Random(0))) is not None:
        found.append(delay.total_seconds())
    return found


class TestDelays:
    def test_fixed_delays_are_the_intervals_in_order(self) -> None:
        policy = RetryPolicy.fixed([60, 300, 900], auto_retry_for=CODES, jitter=False)

        assert delays(policy) == [60, 300, 900]

    def test_exponential_delays_double(self) -> None:
        policy = RetryPolicy.exponential(base_seconds=30, max_retries=5, auto_retry_for=CODES, jitter=False)

        assert delays(policy) == [30, 60, 120, 240, 480]

    def test_exponential_delays_stop_growing_at_the_maximum(self) -> None:
        policy = RetryPolicy.exponential(30, max_retries=4, auto_retry_for=CODES, max_delay_seconds=100, jitter=False)

        assert delays(policy) == [30, 60, 100, 100]

    @given(policies)
    def test_there_are_as_many_delays_as_retries(self, policy: RetryPolicy) -> None:
        assert len(delays(policy)) == policy.max_retries

    @given(policies, randoms)
    def test_jitter_keeps_within_a_quarter_and_below_the_maximum(self, policy: RetryPolicy, random: Random) -> None:
        limit = policy.max_delay_seconds or LONGEST_DELAY_SECONDS
        plan = RetryPolicy.from_json(policy.to_json().replace('"jitter": true', '"jitter": false'))

        for planned, delay in zip(delays(plan), delays(policy, random), strict=True):
            assert planned * 0.75 - 1e-6 <= delay <= min(planned * 1.25, limit) + 1e-6

    def test_jitter_spreads_also_those_delays_that_reached_the_maximum(self) -> None:
        policy = RetryPolicy.exponential(100, max_retries=20, auto_retry_for=CODES, max_delay_seconds=100)

        assert len(set(delays(policy, Random(1)))) == 20

    @given(policies)
    def test_no_delay_is_longer_than_a_year_or_negative(self, policy: RetryPolicy) -> None:
        assert all(timedelta(0) <= timedelta(seconds=delay) <= timedelta(days=365) for delay in delays(policy))


class TestWhetherToRetry:
    policy = RetryPolicy.fixed([1, 1], auto_retry_for=["RATE_LIMITED", LibraryErrorCode.WORKER_CRASHED])

    @pytest.mark.parametrize(("attempt", "retried"), [(1, True), (2, True), (3, False), (4, False)])
    def test_a_listed_code_is_retried_while_retries_are_left(self, attempt: int, retried: bool) -> None:
        assert should_retry(self.policy, attempt, "RATE_LIMITED") is retried

    def test_a_code_of_the_library_counts_by_its_text(self) -> None:
        assert should_retry(self.policy, 1, LibraryErrorCode.WORKER_CRASHED)
        assert should_retry(self.policy, 1, "WORKER_CRASHED")

    @pytest.mark.parametrize("code", ["OTHER", LibraryErrorCode.TASK_TIMEOUT, None])
    def test_another_code_or_none_is_not_retried(self, code: str | None) -> None:
        assert not should_retry(self.policy, 1, code)

    def test_without_a_policy_nothing_is_retried(self) -> None:
        assert not should_retry(None, 1, "RATE_LIMITED")

    @given(policies, st.integers(1, 30))
    def test_there_is_a_delay_exactly_when_there_is_a_retry(self, policy: RetryPolicy, attempt: int) -> None:
        assert should_retry(policy, attempt, CODES[0]) is (next_delay(policy, attempt, Random(0)) is not None)


class TestConstruction:
    def test_the_defaults_are_three_growing_intervals(self) -> None:
        policy = RetryPolicy(CODES)

        assert (policy.max_retries, tuple(policy.intervals), policy.jitter) == (3, (60, 300, 900), True)

    def test_fixed_takes_the_number_of_retries_from_the_intervals(self) -> None:
        assert RetryPolicy.fixed([60, 300], auto_retry_for=CODES).max_retries == 2

    def test_codes_of_a_users_enum_are_kept_as_text(self) -> None:
        class Codes(str, Enum):
            DECLINED = "DECLINED"

        assert RetryPolicy([Codes.DECLINED]).auto_retry_for == ("DECLINED",)

    @pytest.mark.parametrize(
        ("build", "said"),
        [
            (lambda: policy_of([]), "auto_retry_for is empty"),
            (lambda: policy_of("CODE"), "must be a list of error codes, not 'CODE'"),
            (lambda: policy_of(["code"]), "holds 'code', which is not an error code"),
            (lambda: policy_of([ValueError]), "which is not an error code"),
            (lambda: policy_of(CODES, max_retries=0, intervals=[]), "from 1 to 20, not 0"),
            (lambda: RetryPolicy.exponential(max_retries=21, auto_retry_for=CODES), "from 1 to 20, not 21"),
            (lambda: policy_of(CODES, max_retries=True, intervals=[1]), "from 1 to 20, not True"),
            (lambda: policy_of(CODES, max_retries=5), "as many intervals as retries, not 3 for 5"),
            (lambda: policy_of(CODES, backoff_strategy="exponential"), "takes one interval, the first, not 3"),
            (lambda: policy_of(CODES, backoff_strategy="linear"), "must be 'fixed' or 'exponential', not 'linear'"),
            (lambda: RetryPolicy.fixed([-1], auto_retry_for=CODES), "from 0 to 31536000 (a year), not -1"),
            (lambda: RetryPolicy.fixed([float("nan")], auto_retry_for=CODES), "not nan"),
            (lambda: RetryPolicy.fixed([float("inf")], auto_retry_for=CODES), "not inf"),
            (lambda: policy_of(CODES, intervals=60), "must be a list of seconds, not 60"),
            (lambda: policy_of(CODES, jitter="yes"), "jitter must be True or False, not 'yes'"),
            (
                lambda: RetryPolicy.exponential(auto_retry_for=CODES, max_delay_seconds=0),
                "max_delay_seconds must be a number above 0",
            ),
        ],
    )
    def test_what_cannot_be_meant_is_refused_with_the_reason(self, build: Callable[[], object], said: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            build()

        assert said in caught.value.message
        assert caught.value.code is ErrorCode.TASK_INVALID_OPTIONS

    def test_a_single_fault_is_a_configuration_error_at_the_users_line(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            RetryPolicy.fixed([60], auto_retry_for=[])

        assert caught.value.where is not None
        assert caught.value.where.file == __file__

    def test_all_faults_are_reported_together(self) -> None:
        with pytest.raises(MultipleValidationErrors, match="3 errors in the retry policy"):
            RetryPolicy(["x", "y"], jitter=1)  # pyright: ignore[reportArgumentType]


@given(policies)
def test_a_policy_comes_back_from_json_as_it_was(policy: RetryPolicy) -> None:
    assert RetryPolicy.from_json(policy.to_json()) == policy
