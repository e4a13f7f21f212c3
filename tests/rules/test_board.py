"""The page of memory on which a child leaves word of what it has begun."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from horsies_worker.execution.board import SLOTS, Board


@pytest.fixture
def board() -> Generator[Board]:
    board = Board.create()
    yield board
    board.close()


def test_a_new_board_is_clear(board: Board) -> None:
    assert not any(board.has_begun(slot) for slot in range(SLOTS))


def test_what_one_process_marks_the_other_sees(board: Board) -> None:
    childs = Board(os.dup(board.descriptor))
    childs.mark_begun(7)
    childs.close()
    assert [slot for slot in range(SLOTS) if board.has_begun(slot)] == [7]


def test_a_cleared_slot_has_not_begun(board: Board) -> None:
    board.mark_begun(0)
    board.mark_begun(SLOTS - 1)
    board.clear(0)
    assert not board.has_begun(0)
    assert board.has_begun(SLOTS - 1)


def test_a_slot_beyond_the_page_is_an_error_and_not_a_neighbours(board: Board) -> None:
    with pytest.raises(IndexError):
        board.mark_begun(SLOTS)
