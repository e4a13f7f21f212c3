"""The app under test, on the schema of the test: what workers of `WorkerProcess` and their children import."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import evolve

from horsies_worker.locator import find_app
from horsies_worker.testing.elsewhere import Elsewhere

_elsewhere = Elsewhere.of(os.environ)

app = find_app(_elsewhere.locator, str(Path.cwd()))
app.rebind(
    evolve(
        app.config.broker,
        database_url=_elsewhere.database_url,
        listen_url=None,
        schema=_elsewhere.schema,
    )
)
