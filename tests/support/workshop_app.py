"""The workshop's app as workers import it: where it is, the environment says."""

from __future__ import annotations

import os

from tests.support.workshop import build

app = build(os.environ["WORKSHOP_URL"], os.environ["WORKSHOP_SCHEMA"]).app
