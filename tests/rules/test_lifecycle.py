"""The statement files against the declared moves: what changes a status, and who says so."""

from __future__ import annotations

import re

import pytest

from horsies_core import statements
from horsies_core.lifecycle import TASK_MOVES, TASK_TERMINAL_STATES, TaskStatus

STATEMENTS = statements.names()

# A live row appears by INSERT, vanishes by DELETE, and changes by an UPDATE that sets its status.
WRITES = re.compile(r"\b(?:insert into \{schema\}\.(?:tasks|finished)|delete from \{schema\}\.tasks)\b")
SET_CLAUSE = re.compile(r"\bset\b(.*?)(?:\bfrom\b|\bwhere\b|\breturning\b|;|\Z)", re.DOTALL)
MOVE_LINE = re.compile(r"^-- move: (.+)$", re.MULTILINE)


def comments(name: str) -> str:
    return "\n".join(line for line in statements.source(name).splitlines() if line.startswith("--"))


def code(name: str) -> str:
    return re.sub(r"--.*", "", statements.source(name))


def changes_a_status(name: str) -> bool:
    sets = SET_CLAUSE.findall(code(name))
    return bool(WRITES.search(code(name))) or any(re.search(r"\bstatus\s*=", clause) for clause in sets)


def moves_declared_for(name: str) -> set[str]:
    return {str(move) for move in TASK_MOVES if name in move.statements}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_moves_a_file_names_are_the_moves_declared_for_it(name: str) -> None:
    assert set(MOVE_LINE.findall(statements.source(name))) == moves_declared_for(name)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_changes_a_status_names_its_move_and_any_other_names_none(name: str) -> None:
    assert bool(MOVE_LINE.search(statements.source(name))) == changes_a_status(name)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_file_begins_by_saying_its_intent(name: str) -> None:
    first = statements.source(name).splitlines()[0]
    assert re.match(r"-- [A-Z]\S* ", first)
    assert not first.startswith(("-- move:", "-- guard:"))


@pytest.mark.parametrize("name", [name for name in STATEMENTS if moves_declared_for(name)])
def test_a_statement_that_moves_a_task_names_its_guard(name: str) -> None:
    assert "-- guard: " in comments(name)


@pytest.mark.parametrize("name", [name for name in STATEMENTS if moves_declared_for(name)])
def test_the_statuses_of_a_files_moves_stand_in_its_code(name: str) -> None:
    moves = [move for move in TASK_MOVES if name in move.statements]
    sources = {move.source.value for move in moves if move.source}
    targets = {move.target.value for move in moves} - {status.value for status in TASK_TERMINAL_STATES}
    # New rows get PENDING from the column's default; terminal statuses are parameters of the settling.
    written = targets - ({"PENDING"} if not sources else set[str]())
    assert all(f"'{status}'" in code(name) for status in sources | written)


def test_every_declared_statement_is_a_file() -> None:
    declared = {name for move in TASK_MOVES for name in move.statements}
    assert declared <= set(STATEMENTS)


def test_nothing_moves_out_of_a_terminal_state() -> None:
    assert not [move for move in TASK_MOVES if move.source in TASK_TERMINAL_STATES]


def test_a_move_is_declared_once() -> None:
    names = [move.name for move in TASK_MOVES]
    assert len(names) == len(set(names))


def test_every_state_that_is_entered_and_not_terminal_can_be_left() -> None:
    entered = {move.target for move in TASK_MOVES} - TASK_TERMINAL_STATES
    assert entered <= {move.source for move in TASK_MOVES}


@pytest.mark.parametrize("status", TaskStatus)
def test_a_status_knows_whether_it_is_terminal(status: TaskStatus) -> None:
    assert status.is_terminal == (status in TASK_TERMINAL_STATES)
    assert status.is_terminal == (status.value in {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_sent_without_comment_lines_and_for_its_schema(name: str) -> None:
    sent = statements.statement(name, "stable").decode()
    assert "\n--" not in f"\n{sent}"
    assert "{schema}" not in sent
    if "{schema}" in code(name):
        assert '"stable".' in sent
