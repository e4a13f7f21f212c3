"""The workshop's app as workers import it: where it is, the environment says."""

from __future__ import annotations

import os

from tests.support.workshop import build

app = build(
    os.environ["WORKSHOP_URL"],
    os.environ["WORKSHOP_SCHEMA"],
    quick_recovery=os.environ.get("WORKSHOP_RECOVERY") != "default",
    poll_ms=int(os.environ.get("WORKSHOP_POLL_MS", "5000")),
).app
