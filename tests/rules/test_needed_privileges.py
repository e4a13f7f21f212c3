"""The privileges that `horsies check --live` asks for are those that the statements need."""

from __future__ import annotations

import re

from horsies_core import statements
from horsies_core.plans.checking import NEEDED

TABLES = set(NEEDED) - {""}
READ = r"(?:from|join|using) \{schema\}\.(\w+)"
KINDS = {
    "SELECT": READ,
    "INSERT": r"insert into \{schema\}\.(\w+)",
    "UPDATE": r"update \{schema\}\.(\w+)",
    "DELETE": r"delete from \{schema\}\.(\w+)",
}


def test_every_table_is_asked_for_with_exactly_what_the_statements_do_to_it() -> None:
    found = {(table, "SELECT") for table in TABLES}  # Rows that are changed or returned are read as well.
    for name in statements.names():
        # Migrating needs the owner, or whoever may create the schema.
        if name == "schema/record":
            continue
        for privilege, pattern in KINDS.items():
            found |= {(table, privilege) for table in re.findall(pattern, statements.source(name), re.IGNORECASE)}
    assert found == {(table, privilege) for table in TABLES for privilege in NEEDED[table]}
