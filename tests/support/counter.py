"""A worker for one task, by hand: it adds when the test says so."""

from __future__ import annotations

import json
from uuid import UUID

from attrs import frozen

from horsies import TaskResult
from horsies_core.endings import Endings, Settlement
from horsies_core.lifecycle import TaskStatus
from tests.support.stand_in import StandIn
from tests.support.workshop import Workshop


@frozen
class Counter:
    """Answers what waits of the workshop's `add`."""

    worker: StandIn
    workshop: Workshop

    def serve(self, limit: int = 10_000) -> list[UUID]:
        """Add everything that waits; the ids of what was answered."""
        taken = self.worker.claim(limit, names=["add"])
        encode = self.workshop.add.definition.results.encode
        settlements = [
            Settlement(
                task.id, taken.token, TaskStatus.COMPLETED, None, encode(TaskResult(ok=sum(_arguments(task.args))))
            )
            for task in taken.tasks
        ]
        ended = self.worker.end(Endings(settlements))
        assert ended == set(taken.ids)
        return taken.ids


def _arguments(text: str) -> list[int]:
    arguments = json.loads(text)
    return [*arguments.values()]
