"""What becomes of a task whose attempt is over."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.identifiers import new_task_id, new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.retry import RetryPolicy
from horsies_core.verdict import AttemptRecord, Outcome, decide

RNG = random.Random(7)
CODES = st.sampled_from(["TIMEOUT", "RATE_LIMITED", "WORKER_CRASHED", "UNHANDLED_EXCEPTION"])

POLICIES = st.builds(
    RetryPolicy.fixed,
    st.lists(st.integers(0, 900), min_size=1, max_size=5),
    auto_retry_for=st.lists(CODES, min_size=1, max_size=3),
)


def attempt(number: int = 1, policy: str | None = None) -> AttemptRecord:
    return AttemptRecord(new_task_id(), new_token(), number, policy)


@given(st.integers(1, 30), st.none() | POLICIES.map(RetryPolicy.to_json), st.text())
def test_ok_completes_whatever_the_policy(number: int, policy: str | None, result: str) -> None:
    record = attempt(number, policy)
    assert decide(record, Outcome(result), rng=RNG) == Settlement(
        record.id, record.token, TaskStatus.COMPLETED, None, result
    )


@given(CODES, st.integers(1, 30))
def test_an_error_without_a_policy_fails(code: str, number: int) -> None:
    record = attempt(number)
    assert decide(record, Outcome("{}", code), rng=RNG) == Settlement(
        record.id, record.token, TaskStatus.FAILED, code, "{}"
    )


@given(POLICIES, CODES, st.integers(1, 10))
def test_an_error_is_retried_exactly_when_its_code_is_named_and_retries_are_left(
    policy: RetryPolicy, code: str, number: int
) -> None:
    verdict = decide(attempt(number, policy.to_json()), Outcome("{}", code), rng=RNG)
    assert isinstance(verdict, Retry) == (code in policy.auto_retry_for and number <= policy.max_retries)


@given(POLICIES, st.text("abc äЖ💎\n'\""))
def test_a_retry_carries_code_message_result_and_claim(policy: RetryPolicy, message: str) -> None:
    code = next(iter(policy.auto_retry_for))
    record = attempt(1, policy.to_json())
    verdict = decide(record, Outcome('{"err": 1}', code, message), rng=RNG)
    assert isinstance(verdict, Retry)
    assert (verdict.id, verdict.token, verdict.error_code, verdict.message) == (record.id, record.token, code, message)
    assert verdict.result == '{"err": 1}'


@given(POLICIES, st.integers(1, 5))
def test_a_retry_waits_for_the_interval_of_its_attempt_give_or_take_a_quarter(policy: RetryPolicy, number: int) -> None:
    assume(number <= policy.max_retries)
    verdict = decide(attempt(number, policy.to_json()), Outcome("{}", next(iter(policy.auto_retry_for))), rng=RNG)
    assert isinstance(verdict, Retry)
    planned = policy.intervals[number - 1]
    assert planned * 0.75 - 1e-6 <= verdict.delay_seconds <= planned * 1.25 + 1e-6


@given(
    st.text() | st.sampled_from(["null", "[]", "{}", '{"auto_retry_for": 3}', '{"new_in_version_9": true}', "1e999"])
)
def test_a_policy_that_cannot_be_read_is_no_policy(stored: str) -> None:
    verdict = decide(attempt(1, stored), Outcome("{}", "TIMEOUT"), rng=RNG)
    assert isinstance(verdict, Settlement)
    assert verdict.status is TaskStatus.FAILED


def endings(count: int) -> Endings:
    ids = [(new_task_id(), new_token()) for _ in range(3 * count)]
    return Endings(
        [Settlement(*pair, TaskStatus.COMPLETED, None, "{}") for pair in ids[:count]],
        [Retry(*pair, 1.0, "TIMEOUT", None, "{}") for pair in ids[count : 2 * count]],
        [Release(*pair) for pair in ids[2 * count :]],
    )


def test_no_endings_are_false_and_any_ending_is_true() -> None:
    one = endings(1)
    assert not Endings()
    assert all([Endings(one.settlements), Endings(retries=one.retries), Endings(releases=one.releases)])


def test_endings_added_keep_their_order_and_lose_none() -> None:
    first, second = endings(2), endings(3)
    both = first + second
    assert both.settlements == [*first.settlements, *second.settlements]
    assert both.retries == [*first.retries, *second.retries]
    assert both.releases == [*first.releases, *second.releases]


def test_endings_know_the_token_of_each_task() -> None:
    some = endings(2)
    tokens = some.tokens()
    assert len(tokens) == 6
    assert all(tokens[it.id] == it.token for it in [*some.settlements, *some.retries, *some.releases])


def test_endings_turned_into_cancellations_keep_ids_and_claims() -> None:
    some = endings(2)
    cancelled = some.cancelled('{"err": "cancelled"}')
    assert cancelled.tokens() == some.tokens()
    assert not cancelled.retries
    assert not cancelled.releases
    assert {(it.status, it.error_code, it.result) for it in cancelled.settlements} == {
        (TaskStatus.CANCELLED, "TASK_CANCELLED", '{"err": "cancelled"}')
    }


def test_endings_of_some_tasks_only_are_those_and_no_others() -> None:
    some = endings(2)
    wanted = {some.settlements[0].id, some.retries[1].id, some.releases[0].id}
    only = some.only(wanted)
    assert only.tokens().keys() == wanted
    assert (only.settlements, only.retries, only.releases) == (
        [some.settlements[0]],
        [some.retries[1]],
        [some.releases[0]],
    )
