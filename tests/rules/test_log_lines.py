"""Log lines: what an event looks like in the log of a worker."""

from __future__ import annotations

import logging
import re
import sys

from horsies_worker.cli.log_lines import LogLines


def line(message: str, *arguments: object, level: int = logging.INFO, color: bool = False, **more: object) -> str:
    record = logging.makeLogRecord(
        {"msg": message, "args": arguments, "levelno": level, "levelname": logging.getLevelName(level), **more}
    )
    return LogLines(color=color).format(record)


def test_a_line_has_the_time_with_its_zone_the_level_and_the_message() -> None:
    told = line("task %s: %s", "4711", "ok", level=logging.WARNING)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d WARNING  task 4711: ok", told)


def test_only_the_first_line_of_an_event_begins_with_a_time() -> None:
    first, second, third = line("failed:\n2026-01-01 00:00:00 INFO forged\r\nend").splitlines()
    assert first.endswith("failed:")
    assert second == "    | 2026-01-01 00:00:00 INFO forged"
    assert third == "    | end"


def test_a_traceback_belongs_to_its_event() -> None:
    try:
        raise RuntimeError("the hoof is lame")
    except RuntimeError:
        told = line("bug", exc_info=sys.exc_info())
    assert told.splitlines()[1] == "    | Traceback (most recent call last):"
    assert told.splitlines()[-1] == "    | RuntimeError: the hoof is lame"


def test_a_password_is_masked_wherever_it_comes_from() -> None:
    told = line("cannot reach %s", "postgresql://ada:hunter2@localhost/shop")
    assert "hunter2" not in told
    assert "ada:***@localhost" in told


def test_what_would_steer_the_readers_terminal_is_not_printed() -> None:
    assert "\x1b" not in line("task failed: \x1b[2J\x1b]0;title\x07")


def test_colour_is_for_terminals_and_changes_no_word() -> None:
    plain, colored = line("gone", level=logging.ERROR), line("gone", level=logging.ERROR, color=True)
    assert "\x1b[31mERROR" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored).split()[2:] == plain.split()[2:]
