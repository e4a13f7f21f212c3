"""How a worker is told which app to serve, and on which schema, when a test bound it elsewhere than the app says."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import asdict, frozen

_VARIABLE = "HORSIES_TESTING"


@frozen
class Elsewhere:
    """An app by its locator, and the database that a test bound it to. Travels in the environment, to children too."""

    locator: str
    database_url: str | None
    schema: str

    def environment(self) -> dict[str, str]:
        """The variables for the worker."""
        return {_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Elsewhere:
        """What the variables say."""
        return cls(**json.loads(environment[_VARIABLE]))
