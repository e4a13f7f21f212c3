"""Drives a plan without a database: a function answers its queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import frozen

from horsies_core.plans import Atomic, Pipeline, Plan, Query, Rows, Step

T = TypeVar("T")


@frozen
class Played(Generic[T]):
    """What a plan asked for, in order, and what it returned."""

    steps: list[Step]
    returned: T

    @property
    def statements(self) -> list[str]:
        """The statements, those of pipelines and atomic parts included."""
        return [query.statement for query in self.queries]

    @property
    def queries(self) -> list[Query]:
        """The queries, those of pipelines and atomic parts included."""
        return [
            query
            for step in self.steps
            for query in (step.queries if isinstance(step, Pipeline) else [step])
            if isinstance(query, Query)
        ]


def always(rows: Rows) -> Callable[[Query], Rows]:
    """Answer every query alike."""
    return lambda _: rows


def play(plan: Plan[T], answer: Callable[[Query], Rows]) -> Played[T]:
    """Drive the plan to its end."""
    steps: list[Step] = []
    return Played(steps, _drive(plan, answer, steps))


def _drive(plan: Plan[T], answer: Callable[[Query], Rows], steps: list[Step]) -> T:
    reply: Any = None
    while True:
        try:
            step = plan.send(reply)
        except StopIteration as end:
            return end.value
        steps.append(step)
        reply = _reply(step, answer, steps)


def _reply(step: Step, answer: Callable[[Query], Rows], steps: list[Step]) -> Any:
    if isinstance(step, Query):
        return answer(step)
    if isinstance(step, Pipeline):
        return [answer(query) for query in step.queries]
    if isinstance(step, Atomic):
        return _drive(step.plan, answer, steps)
    return None
