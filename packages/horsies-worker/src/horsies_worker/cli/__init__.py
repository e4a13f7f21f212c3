"""The command line. The only place that imports rich-click: children and programs that use `Worker` do without it.

Each command imports what it needs when it runs: `--help`, and a mistyped option, are to be answered at once.
"""

from horsies_worker.cli.program import main, worker_main

__all__ = ["main", "worker_main"]
