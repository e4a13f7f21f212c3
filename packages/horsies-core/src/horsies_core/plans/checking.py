"""Asking a database, beforehand, whether clients and workers could work with it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from horsies_core.plans.leasing import WorkerIdentity
from horsies_core.plans.steps import Plan, Query, Rows

NEEDED = {
    "": ("USAGE",),
    "migrations": ("SELECT",),
    "tasks": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "finished": ("SELECT", "INSERT"),
    "finished_default": ("SELECT",),
    "all_tasks": ("SELECT",),
    "attempts": ("SELECT", "INSERT"),
    "idempotency_keys": ("SELECT", "INSERT"),
    "workers": ("SELECT", "INSERT", "UPDATE", "DELETE"),
}
"""What the statements do with each table; "" is the schema itself."""

NEEDED_FOR_UPKEEP = {"": ("CREATE",), "finished": ("OWNER",)}
"""What making the next days' partitions takes. Without it rows go to the default partition, and work goes on."""


@frozen
class Missing:
    """A privilege that the role has not got."""

    relation: str
    privilege: str

    def __str__(self) -> str:
        kind = "the schema" if not self.relation else f"table {self.relation}"
        return f"membership in the owner of {kind}" if self.privilege == "OWNER" else f"{self.privilege} on {kind}"


def missing_privileges(schema: str, needed: dict[str, tuple[str, ...]]) -> Plan[Sequence[Missing]]:
    """Which of these privileges the connected role has not got."""
    pairs = [(relation, privilege) for relation, privileges in needed.items() for privilege in privileges]
    params = {
        "schema": schema,
        "relations": [relation for relation, _ in pairs],
        "privileges": [privilege for _, privilege in pairs],
    }
    rows: Rows = yield Query("schema/privileges", params)
    return [Missing(*row) for row in rows]


def may_create_schema() -> Plan[bool]:
    """Whether the connected role could create the schema."""
    rows: Rows = yield Query("schema/may_create")
    return rows[0][0]


def living_workers() -> Plan[Sequence[WorkerIdentity]]:
    """The workers whose lease stands."""
    rows: Rows = yield Query("worker/living")
    return [WorkerIdentity(*row) for row in rows]
