"""`horsies worker`."""

# pyright: reportUnknownMemberType=false
# rich-click's decorators are declared with types that click left open.

from __future__ import annotations

import rich_click as click

from horsies_core.errors import ConfigurationError
from horsies_worker.cli.failures import CommandFailed
from horsies_worker.cli.help import HELP, examples
from horsies_worker.cli.log_lines import LEVELS, start_logging
from horsies_worker.options import WorkerOptions, default_processes


@click.command(
    **HELP,
    epilog=examples("horsies worker instance:app", "horsies worker shop/tasks.py --processes 8 --loglevel WARNING"),
)
@click.argument("locator")
@click.option(
    "--processes",
    type=int,
    metavar="N",
    default=default_processes,
    show_default="one for each processor",
    help="Child processes. Each runs one plain function at a time.",
)
@click.option(
    "--concurrency",
    type=int,
    metavar="N",
    default=100,
    show_default=True,
    help="How many async functions one child may run at once.",
)
@click.option(
    "--loglevel",
    type=click.Choice(list(LEVELS), case_sensitive=False),
    metavar="LEVEL",
    default="INFO",
    show_default=True,
    help=f"Least level to log: {', '.join(LEVELS)}.",
)
@click.option(
    "--shutdown-timeout",
    type=float,
    metavar="SECONDS",
    default=30,
    show_default=True,
    help="Time for running tasks to end after SIGTERM or Ctrl-C. A second signal ends them at once.",
)
def worker(locator: str, processes: int, concurrency: int, loglevel: str, shutdown_timeout: float) -> None:
    """Run the tasks of an app, until SIGTERM or Ctrl-C.

    LOCATOR is where the app is, package.module:app or path/to/file.py:app. The name after the colon may be left out
    if the module holds exactly one app.

    Without a database_url in the app's configuration, HORSIES_DATABASE_URL counts; without that, the embedded
    PostgreSQL in ./.horsies is started.
    """
    try:
        options = WorkerOptions(
            locator, processes=processes, concurrency=concurrency, shutdown_timeout=shutdown_timeout
        )
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error
    start_logging(loglevel)
    _run(options)


def _run(options: WorkerOptions) -> None:
    # The worker brings asyncio, the client and the database driver.
    import asyncio

    from horsies_worker.execution.child_process import ChildFailedToStart
    from horsies_worker.worker import run_worker

    try:
        asyncio.run(run_worker(options))
    except ChildFailedToStart as failure:
        raise CommandFailed(failure.report) from failure
