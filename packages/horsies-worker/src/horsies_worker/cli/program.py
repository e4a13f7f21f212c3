"""`horsies` and `horsies-worker`: the commands put together, and the two entry points."""

# pyright: reportUnknownMemberType=false
# rich-click's decorators are declared with types that click left open.

from __future__ import annotations

import rich_click as click

from horsies_worker.cli.check import check
from horsies_worker.cli.database import database
from horsies_worker.cli.demo import demo
from horsies_worker.cli.failures import reporting_failures
from horsies_worker.cli.help import HELP, examples
from horsies_worker.cli.worker import worker


@click.group(**HELP, epilog=examples("horsies demo", "horsies worker package.module:app --processes 8"))
@click.version_option(package_name="horsies-worker", prog_name="horsies", message="%(prog)s %(version)s")
def horsies() -> None:
    """Tasks in the background: kept in PostgreSQL, run in processes of their own."""


for command in (worker, check, database, demo):
    horsies.add_command(command)


def main() -> None:
    """Run `horsies` with this process's arguments, and end it with 0, 1 (an error) or 2 (wrong usage)."""
    with reporting_failures():
        horsies(prog_name="horsies")


def worker_main() -> None:
    """The same for `horsies-worker`, which is `horsies worker`."""
    with reporting_failures():
        worker(prog_name="horsies-worker")
