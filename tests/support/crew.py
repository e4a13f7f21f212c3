"""A workshop at work."""

from __future__ import annotations

from attrs import frozen

from tests.support.shop import Shop
from tests.support.workers import WorkerProcess
from tests.support.workshop import Workshop


@frozen
class Crew:
    """A worker that the tests of a file share: they leave it as they found it."""

    shop: Shop
    workshop: Workshop
    worker: WorkerProcess
