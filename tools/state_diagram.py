"""The states of a task as a Mermaid diagram, drawn from the declared moves. `make test` holds the docs to it.

python tools/state_diagram.py
"""

from __future__ import annotations

from collections.abc import Sequence

from horsies_core.lifecycle import TASK_MOVES, TASK_TERMINAL_STATES
from horsies_core.lifecycle.task import Move

_OUTSIDE = "[*]"


def state_diagram(moves: Sequence[Move]) -> str:
    """Every state that a move reaches, each arrow with its move and whoever makes it."""
    arrows = [
        f"    {move.source.value if move.source else _OUTSIDE} --> {move.target.value}: {move.name} ({move.actor})"
        for move in moves
    ]
    reached = dict.fromkeys(move.target for move in moves)
    ends = [f"    {status.value} --> {_OUTSIDE}" for status in reached if status in TASK_TERMINAL_STATES]
    return "\n".join(["stateDiagram-v2", *arrows, *ends])


if __name__ == "__main__":
    print(state_diagram(TASK_MOVES))
