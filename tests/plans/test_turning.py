"""A worker's turn, with the database played by hand."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horsies_core.endings import Endings, Release, Retry, Settlement
from horsies_core.identifiers import new_task_id, new_token
from horsies_core.lifecycle import TaskStatus
from horsies_core.plans import Atomic, Pipeline, Query, Rows
from horsies_core.plans.rescuing import TASKS_PER_PASS, rescue
from horsies_core.plans.turning import Claim, turn
from horsies_core.retry import RetryPolicy
from horsies_core.verdict import Outcome
from tests.support.by_hand import Played, always, play

NOTHING: Rows = [(*[None] * 10, None)]
RETRIED = RetryPolicy.fixed([1], auto_retry_for=["WORKER_CRASHED"]).to_json()


def claim(limit: int = 10, queues: tuple[str, ...] = ("default",)) -> Claim:
    return Claim(new_token(), new_token(), queues, ["greet"], limit)


def settlement() -> Settlement:
    return Settlement(new_task_id(), new_token(), TaskStatus.COMPLETED, None, "{}")


def retry() -> Retry:
    return Retry(new_task_id(), new_token(), 1.0, "TIMEOUT", None, "{}")


def release() -> Release:
    return Release(new_task_id(), new_token())


def row(seq: int, *, priority: int = 100, due: int = 0, queue: str = "default") -> tuple[Any, ...]:
    return (new_task_id(), f"task {seq}", "{}", 1, None, None, queue, priority, due, seq, None)


def test_everything_goes_out_in_one_pipeline_settling_before_claiming() -> None:
    played = play(
        turn(Endings([settlement()], [retry()], [release()]), [claim()], schema="horsies"),
        lambda query: NOTHING if query.statement == "task/claim_and_start" else [],
    )
    assert [type(step) for step in played.steps] == [Pipeline]
    assert played.statements == [
        "task/pin_plans",
        "task/settle",
        "task/retry",
        "task/release",
        "task/claim_and_start",
    ]


def test_a_turn_with_nothing_to_settle_only_claims() -> None:
    played = play(turn(Endings(), [claim()], schema="horsies"), always(NOTHING))
    assert played.statements == ["task/pin_plans", "task/claim_and_start"]


@given(st.lists(st.uuids(), unique=True, max_size=20))
def test_settlements_lock_their_rows_in_the_order_of_ids(ids: list[UUID]) -> None:
    settlements = [Settlement(task_id, new_token(), TaskStatus.FAILED, "BAD", str(task_id)) for task_id in ids]
    played = play(turn(Endings(settlements), [], schema="horsies"), always([]))
    for query in played.queries[1:]:
        assert query.params["ids"] == sorted(ids, key=lambda task_id: task_id.int)
        assert query.params["results"] == [str(task_id) for task_id in query.params["ids"]]


def test_what_took_hold_is_told_apart_from_what_had_lost_its_claim() -> None:
    kept, lost, later = settlement(), settlement(), retry()
    replies: dict[str, Rows] = {
        "task/pin_plans": [],
        "task/settle": [(kept.id, 0)],
        "task/retry": [(later.id,)],
    }
    played = play(turn(Endings([kept, lost], [later]), [], schema="horsies"), lambda query: replies[query.statement])
    assert played.returned.ended == {kept.id, later.id}


@given(st.permutations([row(1, priority=1, due=9), row(2, due=1), row(5, due=2), row(9, due=2), row(0, due=8)]))
def test_claimed_tasks_come_in_claiming_order_whatever_order_the_rows_had(rows: list[tuple[Any, ...]]) -> None:
    played = play(turn(Endings(), [claim()], schema="horsies"), always(rows))
    assert [task.name for task in played.returned.claimed[0].tasks] == [
        "task 1",
        "task 2",
        "task 5",
        "task 9",
        "task 0",
    ]


def test_tasks_of_the_first_queue_come_first_whatever_their_priority() -> None:
    rows = [row(1, priority=1, queue="bulk"), row(2, priority=50, queue="urgent")]
    played = play(turn(Endings(), [claim(queues=("urgent", "bulk"))], schema="horsies"), always(rows))
    assert [task.queue for task in played.returned.claimed[0].tasks] == ["urgent", "bulk"]


@pytest.mark.parametrize("seconds", [None, 0.0, 12.5])
def test_a_claim_that_finds_nothing_says_when_to_look_again(seconds: float | None) -> None:
    played = play(turn(Endings(), [claim()], schema="horsies"), always([(*[None] * 10, seconds)]))
    (reply,) = played.returned.claimed
    assert list(reply.tasks) == []
    assert reply.next_due_seconds == seconds


CRASHED = Outcome('{"err": {}}', "WORKER_CRASHED", "lost")


def rescued(rows: Rows, ended: dict[str, Rows]) -> Played[Any]:
    def answer(query: Query) -> Rows:
        return rows if query.statement == "task/held_by_lost_workers" else ended.get(query.statement, [])

    return play(rescue(CRASHED, schema="horsies", rng=random.Random(1)), answer)


def test_a_rescue_happens_in_one_transaction() -> None:
    played = rescued([], {})
    assert isinstance(played.steps[0], Atomic)
    assert played.statements == ["task/held_by_lost_workers"]


def test_rescued_tasks_fail_or_are_retried_as_their_policies_say() -> None:
    plain, patient = new_task_id(), new_task_id()
    played = rescued(
        [(plain, new_token(), 1, None), (patient, new_token(), 1, RETRIED)],
        {"task/settle": [(plain, 0)], "task/retry": [(patient,)]},
    )
    assert (played.returned.failed, played.returned.retried) == ([plain], [patient])
    assert not played.returned.is_full


def test_what_was_refused_its_retry_is_to_be_cancelled_and_ends_so_in_the_same_transaction() -> None:
    asked, patient = new_task_id(), new_task_id()
    played = rescued(
        [(asked, new_token(), 1, RETRIED), (patient, new_token(), 1, RETRIED)],
        {"task/settle": [(asked, 0)], "task/retry": [(patient,)]},
    )
    assert len([step for step in played.steps if isinstance(step, Atomic)]) == 1
    assert played.statements == ["task/held_by_lost_workers", "task/retry", "task/settle"]
    assert played.queries[-1].params["statuses"] == ["CANCELLED"]
    assert (played.returned.retried, played.returned.cancelled) == ([patient], [asked])


def test_a_full_pass_says_that_there_may_be_more() -> None:
    ids = [new_task_id() for _ in range(TASKS_PER_PASS)]
    played = rescued(
        [(task_id, new_token(), 1, None) for task_id in ids], {"task/settle": [(task_id, 0) for task_id in ids]}
    )
    assert played.returned.is_full
