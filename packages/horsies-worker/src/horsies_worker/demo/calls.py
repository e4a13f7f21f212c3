"""The calls that the demo makes, and how each of them has to end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from horsies import TaskError, TaskHandle, TaskResult
from horsies_worker.demo import tasks

DELAY_SECONDS = 2.5


@frozen
class Call:
    """One task sent. `ends` is its outcome in words, see `outcome_of`."""

    text: str
    shows: str
    send: Callable[[], Awaitable[TaskHandle[Any]]]
    ends: str


def outcome_of(result: TaskResult[Any, TaskError]) -> str:
    """The value, or the error's code."""
    return repr(result.ok_value) if result.is_ok() else str(result.err_value.error_code)


def calls(scratch: Path) -> Sequence[Call]:
    """All of them, in the order in which they are sent. `scratch` is a directory for what a task has to remember."""
    return (
        Call("add(2, 3)", "a function", lambda: tasks.add.send_async(2, 3), "5"),
        Call("greet('Ada')", "a function", lambda: tasks.greet.send_async("Ada"), "'hello Ada'"),
        *(_page(number) for number in (1, 2, 3)),
        *(_fetch(path) for path in ("/a", "/b")),
        Call("charge_card(120)", "returns an error", lambda: tasks.charge_card.send_async(120), "CARD_DECLINED"),
        Call("divide(1, 0)", "raises", lambda: tasks.divide.send_async(1, 0), "UNHANDLED_EXCEPTION"),
        Call("crash()", "kills its process", tasks.crash.send_async, "WORKER_CRASHED"),
        Call(
            "call_partner()",
            "retried twice",
            lambda: tasks.call_partner.send_async(str(scratch / "calls")),
            "'answered call 3'",
        ),
        Call(
            "remind('tea')",
            f"due in {DELAY_SECONDS} s",
            lambda: tasks.remind.schedule_async(DELAY_SECONDS, "tea"),
            "'tea'",
        ),
    )


def _page(number: int) -> Call:
    return Call(
        f"render_page({number})",
        "slow, in parallel",
        lambda: tasks.render_page.send_async(number),
        f"'page-{number}.pdf'",
    )


def _fetch(path: str) -> Call:
    return Call(
        f"fetch('{path}')",
        "async, in parallel",
        lambda: tasks.fetch.send_async(path),
        f"'200 {path}'",
    )
