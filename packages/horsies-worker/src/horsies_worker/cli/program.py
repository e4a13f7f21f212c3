"""`horsies` and `horsies-worker`: the commands put together, and the two entry points."""

from __future__ import annotations

import rich_click as click

from horsies_worker.cli.failures import reporting_failures
from horsies_worker.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="horsies-worker", prog_name="horsies", message="%(prog)s %(version)s")
def horsies() -> None:
    """Tasks in the background, kept in PostgreSQL and run in processes of their own."""


horsies.add_command(worker)


def main() -> None:
    """Run `horsies` with the process's arguments; ends the process with 0, 1 (error) or 2 (usage)."""
    with reporting_failures():
        horsies(prog_name="horsies")


def worker_main() -> None:
    """Run `horsies-worker`, which is `horsies worker`."""
    with reporting_failures():
        worker(prog_name="horsies-worker")
