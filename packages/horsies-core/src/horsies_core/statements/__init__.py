"""The statements: one .sql file each, in folders by noun.

A file begins with a comment that says its intent, its `-- move:` lines if it changes a status, and its guard.
Parameters are psycopg's named ones: `%(name)s`, and `%(name)b` for arrays and ids. Those go in PostgreSQL's binary
format, because quoting them as text costs more than the rest of a turn (measured). `{schema}` stands for the quoted
schema, because nothing may depend on session state such as a search path: PgBouncer hands every transaction another
session.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Every statement's name, such as `task/settle`, sorted."""
    return sorted(path.relative_to(_FOLDER).with_suffix("").as_posix() for path in _FOLDER.glob("*/*.sql"))


@cache
def source(name: str) -> str:
    """The file's text as it stands, comments and all."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


@cache
def statement(name: str, schema: str) -> bytes:
    """The statement as it is sent: without comment lines, for one schema.

    Bytes, because that is what psycopg takes for a text that is not a literal of the program. The schema's name was
    validated by `PostgresConfig`.
    """
    lines = (line for line in source(name).splitlines() if not line.lstrip().startswith("--"))
    return for_schema("\n".join(lines), schema)


def for_schema(text: str, schema: str) -> bytes:
    """A text with its `{schema}` filled in."""
    return text.replace("{schema}", f'"{schema}"').encode()
