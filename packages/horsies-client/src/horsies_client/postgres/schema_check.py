"""Refusing to work with a schema that this version of horsies does not know."""

from __future__ import annotations

from horsies_core.errors import BrokerError
from horsies_core.schema import known_version


def check_version(found: int, schema: str) -> None:
    """Raise BrokerError, with the way out, unless `found` is the schema version this horsies works with."""
    known = known_version()
    if found > known:
        raise BrokerError(
            f"schema '{schema}' of this database is at version {found}; this horsies knows only up to {known}",
            notes=["it was migrated by a newer horsies"],
            help="upgrade horsies here, or point this program at another schema",
        )
    if found < known:
        raise BrokerError(
            f"schema '{schema}' of this database is at version {found}; this horsies needs version {known}",
            help="run `horsies db migrate` with this version of horsies, then start again",
        )
