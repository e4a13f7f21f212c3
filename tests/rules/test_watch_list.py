"""The rule of waiting: nothing sleeps on an id whose end nobody was asked to notify."""

from __future__ import annotations

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from horsies_client.waiting.watch_list import IDS_PER_LOOK, Question, WatchList
from horsies_core.identifiers import new_task_id

IDS = [UUID(int=number) for number in range(1, 6)]
STAMPED = frozenset(IDS[:2])
"""Sent with our channel: their end notifies us without being asked to."""

SOME_ID = st.sampled_from(IDS)


class AnyOrderOfWaitersAndNews(RuleBasedStateMachine):
    """Waiters come and go on other threads while questions travel, tasks end, and connections break."""

    def __init__(self) -> None:
        super().__init__()
        self.watch_list = WatchList()
        self.awaited: set[UUID] = set()
        self.notifying = set(STAMPED)
        self.ended: set[UUID] = set()
        self.notifications: list[UUID] = []
        self.in_flight: Question | None = None
        self.seen_ended: set[UUID] | None = None

    @rule(task_id=SOME_ID, by_its_sender=st.booleans())
    def someone_awaits(self, task_id: UUID, by_its_sender: bool) -> None:
        self.watch_list.add(task_id, announced=by_its_sender and task_id in STAMPED)
        self.awaited.add(task_id)

    @rule(task_id=SOME_ID)
    def the_last_waiter_leaves(self, task_id: UUID) -> None:
        self.watch_list.remove(task_id)
        self.awaited.discard(task_id)

    @rule(task_id=SOME_ID)
    def a_task_ends(self, task_id: UUID) -> None:
        if task_id not in self.ended:
            self.ended.add(task_id)
            if task_id in self.notifying:
                self.notifications.append(task_id)

    @precondition(lambda self: self.in_flight is None)
    @rule()
    def a_question_is_sent(self) -> None:
        self.in_flight = self.watch_list.next_question()

    @precondition(lambda self: self.in_flight is not None and self.seen_ended is None)
    @rule()
    def the_database_is_asked(self) -> None:
        assert self.in_flight
        if self.in_flight.await_first:
            self.notifying |= set(self.in_flight.ids) - self.ended
        self.seen_ended = self.ended & set(self.in_flight.ids)

    @precondition(lambda self: self.seen_ended is not None)
    @rule()
    def it_answers(self) -> None:
        assert self.in_flight
        assert self.seen_ended is not None
        self.watch_list.answered(self.in_flight, self.seen_ended)
        self.awaited -= self.seen_ended
        self.in_flight = self.seen_ended = None

    @precondition(lambda self: self.in_flight is None and self.notifications)
    @rule()
    def a_notification_is_heard(self) -> None:
        self.watch_list.heard(str(self.notifications.pop(0)))

    @rule()
    def the_connection_is_lost_and_comes_back(self) -> None:
        self.notifications.clear()
        self.in_flight = self.seen_ended = None
        self.watch_list.doubt()

    @invariant()
    def whoever_sleeps_will_be_woken(self) -> None:
        if self.in_flight is None and self.watch_list.next_question() is None:
            assert self.awaited <= self.notifying
            assert self.awaited & self.ended <= set(self.notifications)

    @invariant()
    def it_holds_exactly_what_is_awaited(self) -> None:
        assert len(self.watch_list) == len(self.awaited)


TestNobodySleepsForEver = AnyOrderOfWaitersAndNews.TestCase
TestNobodySleepsForEver.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_an_id_is_asked_about_before_it_sleeps() -> None:
    watch_list, task_id = WatchList(), new_task_id()
    watch_list.add(task_id, announced=False)
    assert watch_list.next_question() == Question((task_id,), await_first=True)


def test_a_task_sent_with_our_channel_is_only_looked_at() -> None:
    watch_list, task_id = WatchList(), new_task_id()
    watch_list.add(task_id, announced=True)
    assert watch_list.next_question() == Question((task_id,), await_first=False)


def test_a_second_waiter_of_a_sleeping_task_asks_nothing() -> None:
    watch_list, task_id = WatchList(), new_task_id()
    watch_list.add(task_id, announced=True)
    watch_list.answered(Question((task_id,), await_first=False), ended=())
    watch_list.add(task_id, announced=False)
    assert watch_list.next_question() is None


def test_forged_and_foreign_payloads_mean_nothing() -> None:
    watch_list, task_id = WatchList(), new_task_id()
    watch_list.add(task_id, announced=True)
    watch_list.answered(Question((task_id,), await_first=False), ended=())
    for payload in ("", ",", "drop table tasks", str(new_task_id()), "\x00", "9" * 8000, str(UUID(int=0))):
        watch_list.heard(payload)
    assert watch_list.next_question() is None


def test_one_payload_may_name_many_tasks() -> None:
    watch_list, ids = WatchList(), [new_task_id() for _ in range(3)]
    for task_id in ids:
        watch_list.add(task_id, announced=True)
    watch_list.answered(Question(tuple(ids), await_first=False), ended=())
    watch_list.heard(",".join(map(str, ids[:2])))
    question = watch_list.next_question()
    assert question
    assert set(question.ids) == set(ids[:2])


def test_a_question_stays_small_however_many_wait() -> None:
    watch_list, ids = WatchList(), {new_task_id() for _ in range(2 * IDS_PER_LOOK + 1)}
    for task_id in ids:
        watch_list.add(task_id, announced=False)
    asked: list[UUID] = []
    while question := watch_list.next_question():
        assert len(question.ids) <= IDS_PER_LOOK
        asked += question.ids
        watch_list.answered(question, ended=())
    assert sorted(asked) == sorted(ids)
