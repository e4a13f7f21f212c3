"""The database schema: numbered migrations, each applied once, in order, and recorded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from attrs import frozen

_FOLDER = Path(__file__).parent / "migrations"


@frozen
class Migration:
    """One step of the schema's life. `text` holds several statements, with `{schema}` still to be filled in."""

    version: int
    name: str
    text: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations this version of horsies knows, oldest first."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def _read(path: Path) -> Migration:
    number, _, name = path.stem.partition("_")
    return Migration(version=int(number), name=name, text=path.read_text(encoding="utf-8"))


def known_version() -> int:
    """The schema version this version of horsies works with."""
    return migrations()[-1].version
