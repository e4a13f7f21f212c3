"""Not waiting for what is due later."""

from __future__ import annotations

from collections.abc import Sequence

from horsies_core.plans.steps import Plan, Query, Rows


def hurry(names: Sequence[str]) -> Plan[bool]:
    """Let the next delayed task of these names be due now; False if none waits."""
    rows: Rows = yield Query("task/hurry", {"names": list(names)})
    return bool(rows)
