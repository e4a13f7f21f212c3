"""`horsies worker`."""

from __future__ import annotations

import rich_click as click

from horsies_core.errors import ConfigurationError
from horsies_worker.cli.log_lines import LEVELS, start_logging
from horsies_worker.options import WorkerOptions, default_processes


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("locator")
@click.option(
    "--processes",
    type=int,
    default=default_processes,
    show_default="the number of processors",
    help="Child processes; each runs one plain function at a time.",
)
@click.option(
    "--concurrency", type=int, default=100, show_default=True, help="`async def` tasks one child may run at once."
)
@click.option(
    "--loglevel",
    type=click.Choice(LEVELS, case_sensitive=False),
    default="INFO",
    show_default=True,
    help="The least important events to log.",
)
@click.option(
    "--shutdown-timeout",
    type=float,
    default=30.0,
    show_default=True,
    help="Seconds that running tasks are given to end after SIGTERM or Ctrl-C; a second signal cuts it short.",
)
def worker(locator: str, processes: int, concurrency: int, loglevel: str, shutdown_timeout: float) -> None:
    """Run an app's tasks until SIGTERM or Ctrl-C.

    LOCATOR says where the app is: package.module:app, or path/to/file.py:app. Without ":app" the module must hold
    exactly one.
    """
    try:
        options = WorkerOptions(
            locator, processes=processes, concurrency=concurrency, shutdown_timeout=shutdown_timeout
        )
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error
    start_logging(loglevel)
    # Here, so that `horsies --help` does without the database driver.
    import asyncio  # noqa: PLC0415

    from horsies_worker.worker import run_worker  # noqa: PLC0415

    asyncio.run(run_worker(options))
