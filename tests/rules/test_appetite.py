"""The rule of claiming: no wake-up is ever lost, and nothing is asked twice for nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from horsies_worker.claiming.appetite import Appetite, HintsHeard

KINDS = st.booleans()
LIMIT = 3


class AnyOrderOfHintsAndClaims(RuleBasedStateMachine):
    """Tasks are committed, their notifications arrive later, and claims look at any moment in between."""

    def __init__(self) -> None:
        super().__init__()
        self.appetite = Appetite(poll_seconds=5)
        self.waiting = {True: 0, False: 0}
        self.on_their_way = 0
        self.sent: tuple[HintsHeard, list[bool]] | None = None
        self.found: dict[bool, int] | None = None

    @rule(is_async=KINDS)
    def a_task_is_committed(self, is_async: bool) -> None:
        self.waiting[is_async] += 1
        self.on_their_way += 1

    @precondition(lambda self: self.on_their_way)
    @rule()
    def its_notification_arrives(self) -> None:
        self.on_their_way -= 1
        self.appetite.hint()

    @precondition(lambda self: self.sent is None)
    @rule(with_room_for=st.sampled_from([[True], [False], [True, False]]))
    def claims_are_sent(self, with_room_for: list[bool]) -> None:
        kinds = [kind for kind in with_room_for if self.appetite.is_hungry(is_async=kind)]
        if kinds:
            self.sent = self.appetite.before_claim(), kinds

    @precondition(lambda self: self.sent is not None and self.found is None)
    @rule()
    def the_database_looks(self) -> None:
        assert self.sent
        self.found = {kind: min(LIMIT, self.waiting[kind]) for kind in self.sent[1]}
        for kind, count in self.found.items():
            self.waiting[kind] -= count

    @precondition(lambda self: self.found is not None)
    @rule()
    def the_reply_arrives(self) -> None:
        assert self.sent
        assert self.found is not None
        for kind, count in self.found.items():
            if count < LIMIT:
                self.appetite.exhausted(self.sent[0], is_async=kind)
        self.sent = self.found = None

    @precondition(lambda self: self.sent is not None)
    @rule()
    def the_connection_is_lost(self) -> None:
        self.sent = self.found = None
        self.appetite.hint()

    @invariant()
    def what_waits_is_asked_for_or_about_to_be(self) -> None:
        for kind, count in self.waiting.items():
            if count and not self.on_their_way and self.sent is None:
                assert self.appetite.is_hungry(is_async=kind)


TestNoWakeUpIsLost = AnyOrderOfHintsAndClaims.TestCase
TestNoWakeUpIsLost.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_new_worker_looks_at_once() -> None:
    appetite = Appetite(5)
    assert appetite.is_hungry(is_async=True)
    assert appetite.is_hungry(is_async=False)


def test_a_claim_that_found_too_little_ends_the_asking_until_a_hint() -> None:
    appetite = Appetite(5)
    appetite.exhausted(appetite.before_claim(), is_async=False)
    assert not appetite.is_hungry(is_async=False)
    appetite.hint()
    assert appetite.is_hungry(is_async=False)


def test_a_claim_of_functions_says_nothing_about_coroutines() -> None:
    appetite = Appetite(5)
    appetite.exhausted(appetite.before_claim(), is_async=False)
    assert appetite.is_hungry(is_async=True)


def test_an_old_reply_does_not_undo_what_a_newer_one_proved() -> None:
    appetite = Appetite(5)
    old = appetite.before_claim()
    appetite.hint()
    appetite.exhausted(appetite.before_claim(), is_async=True)
    appetite.exhausted(old, is_async=True)
    assert not appetite.is_hungry(is_async=True)


@given(now=st.floats(0, 1e6), next_due=st.none() | st.floats(0, 1e5), later=st.floats(0, 1e5))
def test_the_sleep_ends_with_the_poll_or_the_next_due_time_and_is_never_negative(
    now: float, next_due: float | None, later: float
) -> None:
    appetite = Appetite(5)
    appetite.nothing_until(appetite.before_claim(), now, next_due)
    seconds = appetite.seconds_to_sleep(now + later)
    until = 5 if next_due is None else min(5, next_due)
    assert abs(seconds - max(0, until - later)) < 1e-3


def test_a_task_sent_for_later_makes_the_known_due_time_doubtful() -> None:
    appetite = Appetite(5)
    appetite.nothing_until(appetite.before_claim(), 100.0, 3.0)
    assert appetite.knows_next_due
    appetite.hint_later()
    assert not appetite.knows_next_due


def test_a_task_sent_for_later_while_a_claim_looks_is_not_forgotten_by_its_reply() -> None:
    appetite = Appetite(5)
    heard = appetite.before_claim()
    appetite.hint_later()
    appetite.nothing_until(heard, 100.0, 3.0)
    assert not appetite.knows_next_due
