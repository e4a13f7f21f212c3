"""`horsies demo`."""

# pyright: reportUnknownMemberType=false
# rich-click's decorators are declared with types that click left open.

from __future__ import annotations

import rich_click as click

from horsies_worker.cli.help import HELP


@click.command(**HELP)
def demo() -> None:
    """Watch it work: a database, a worker, real tasks and their results.

    Starts the embedded PostgreSQL in a temporary directory, or, with HORSIES_DATABASE_URL, uses that server, in a
    schema of its own. Everything is removed at the end. The exit code is 0 if every task ended as it should.
    """
    # Brings the client, the database driver and rich.
    from horsies_worker.demo.program import run_demo

    raise SystemExit(run_demo())
