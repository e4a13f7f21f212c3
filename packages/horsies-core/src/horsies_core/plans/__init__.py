"""What horsies asks of the database, as generators: no sockets, no waiting, one source for sync and async.

A plan yields steps and receives their rows; a runner with a real connection drives it. See `steps`.
"""

from horsies_core.plans.steps import Atomic, Pipeline, Plan, Query, Rows, Script, Step

__all__ = ["Atomic", "Pipeline", "Plan", "Query", "Rows", "Script", "Step"]
