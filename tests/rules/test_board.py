"""The board on which a child leaves word of what it has begun, and when."""

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
    assert not any(board.begun_at(slot) for slot in range(SLOTS))


def test_what_one_process_marks_the_other_sees(board: Board) -> None:
    childs = Board(os.dup(board.descriptor))
    childs.mark_begun(7)
    childs.close()
    assert [slot for slot in range(SLOTS) if board.begun_at(slot)] == [7]


def test_a_cleared_slot_has_not_begun(board: Board) -> None:
    board.mark_begun(0)
    board.mark_begun(SLOTS - 1)
    board.clear(0)
    assert board.begun_at(0) is None
    assert board.begun_at(SLOTS - 1) is not None


def test_a_slot_beyond_the_page_is_an_error_and_not_a_neighbours(board: Board) -> None:
    with pytest.raises(IndexError):
        board.mark_begun(SLOTS)
