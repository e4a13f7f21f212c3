"""How many tasks a child is kept supplied with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horsies_worker.execution.run_times import LARGEST_WINDOW, WINDOW_SECONDS, RunTimes

SECONDS = st.floats(0, 3_600)


def learnt(*seconds: float, name: str = "greet") -> RunTimes:
    run_times = RunTimes()
    for each in seconds:
        run_times.learn(name, each)
    return run_times


def test_a_worker_that_ran_nothing_yet_gives_a_child_one_task() -> None:
    assert RunTimes().window() == 1


def test_a_task_that_never_ran_here_is_expected_to_take_a_whole_window() -> None:
    assert learnt(0.00001).expected("other") == WINDOW_SECONDS


@given(st.lists(SECONDS))
def test_the_window_is_never_empty_and_never_larger_than_its_limit(runs: list[float]) -> None:
    assert 1 <= learnt(*runs).window() <= LARGEST_WINDOW


@given(st.lists(SECONDS), st.floats(WINDOW_SECONDS * 1.01, 3_600))
def test_one_long_run_makes_the_window_one_task_at_once(runs: list[float], long: float) -> None:
    run_times = learnt(*runs, long)
    assert run_times.window() == 1
    assert run_times.expected("greet") >= long


def test_tasks_of_fifty_microseconds_fill_a_window_of_many() -> None:
    assert learnt(*[0.00005] * 5).window() > 50


def test_a_name_that_was_long_and_became_short_gets_its_window_back_by_and_by() -> None:
    run_times = learnt(1.0)
    after_one = learnt(1.0, 0.0001).window()
    for _ in range(100):
        run_times.learn("greet", 0.0001)
    assert after_one == 1
    assert run_times.window() > 10


@given(st.lists(SECONDS, min_size=1))
def test_what_is_expected_lies_between_the_shortest_and_the_longest_run(runs: list[float]) -> None:
    expected = learnt(*runs).expected("greet")
    assert min(runs) * (1 - 1e-9) <= expected <= max(runs) * (1 + 1e-9)
