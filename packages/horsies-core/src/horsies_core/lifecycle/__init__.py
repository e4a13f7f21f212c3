"""States and legal moves, as data. The page to read first."""

from horsies_core.lifecycle.task import TASK_MOVES, TASK_TERMINAL_STATES, Move, TaskStatus

__all__ = ["TASK_MOVES", "TASK_TERMINAL_STATES", "Move", "TaskStatus"]
