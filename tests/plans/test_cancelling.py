"""Cancelling, with the database played by hand: whatever moves the task between two statements."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from horsies_core.channels import work_channel
from horsies_core.identifiers import new_task_id, new_token
from horsies_core.plans import Query, Rows
from horsies_core.plans.cancelling import cancel, cancel_requests
from tests.support.by_hand import Played, always, play

TASK = new_task_id()


class Moving:
    """A database in which the task is elsewhere with every look: `seen` tells where, in order. The last one stays."""

    def __init__(self, seen: Sequence[str | None]) -> None:
        self._seen = list(seen)

    def __call__(self, query: Query) -> Rows:
        status = self._seen[0]
        if len(self._seen) > 1:
            self._seen.pop(0)
        if query.statement == "task/settle":
            return [(TASK, 0)] if status == "PENDING" else []
        if query.statement == "task/request_cancel":
            return [("",)] if status == "RUNNING" else []
        return [] if status is None else [(TASK, status, None)]


def cancelled(*seen: str | None, by_force: bool = False) -> Played[bool]:
    return play(cancel(TASK, by_force=by_force, schema="stable"), Moving(seen))


def test_a_pending_task_is_ended_by_one_statement() -> None:
    played = cancelled("PENDING")
    assert played.returned is True
    assert played.statements == ["task/settle"]
    assert played.queries[0].params["claim_tokens"] == [None]


@pytest.mark.parametrize(("by_force", "manner"), [(False, "ask"), (True, "force")])
def test_a_running_task_is_asked_to_stop_and_the_workers_of_its_schema_are_told(by_force: bool, manner: str) -> None:
    played = cancelled("RUNNING", by_force=by_force)
    assert played.returned is True
    assert played.statements == ["task/settle", "task/request_cancel"]
    assert played.queries[-1].params == {"id": TASK, "manner": manner, "channel": work_channel("stable")}


def test_a_task_released_between_the_two_is_tried_again() -> None:
    # Running for the first statement, pending for the second.
    played = cancelled("RUNNING", "PENDING")
    assert played.returned is True
    assert played.statements == ["task/settle", "task/request_cancel", "task/look_up", "task/settle"]


def test_a_task_that_is_released_and_claimed_again_and_again_is_caught_in_the_end() -> None:
    played = cancelled("RUNNING", "PENDING", "RUNNING", "RUNNING", "PENDING", "PENDING", "RUNNING")
    assert played.returned is True
    assert played.statements[-1] == "task/request_cancel"


@pytest.mark.parametrize(
    ("status", "answer"), [("COMPLETED", False), ("FAILED", False), ("EXPIRED", False), ("CANCELLED", True)]
)
def test_a_task_that_has_ended_says_whether_it_ended_cancelled(status: str, answer: bool) -> None:
    assert cancelled(status).returned is answer


def test_a_task_that_nobody_knows_will_not_end_cancelled() -> None:
    assert cancelled(None).returned is False


def test_requests_say_which_are_by_force() -> None:
    mild, hard = new_task_id(), new_task_id()
    played = play(cancel_requests(new_token()), always([(mild, False), (hard, True)]))
    assert played.returned == {mild: False, hard: True}
