"""The command line. The only place that imports rich-click: children and programs that use `Worker` do without it."""

from horsies_worker.cli.program import main, worker_main

__all__ = ["main", "worker_main"]
