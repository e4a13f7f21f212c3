"""`horsies check`."""

# pyright: reportUnknownMemberType=false
# rich-click's decorators are declared with types that click left open.

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from horsies_worker.cli.help import HELP, examples

if TYPE_CHECKING:
    from horsies_client.app import Horsies

_INDENT = " " * len("database  ")


@click.command(**HELP, epilog=examples("horsies check instance:app", "horsies check shop/tasks.py --live"))
@click.argument("locator")
@click.option("--live", is_flag=True, help="Connect to the database as well, and see whether it would do.")
def check(locator: str, *, live: bool) -> None:
    """Find the mistakes in an app without running it.

    Imports the app at LOCATOR and all modules that it lists in discover_tasks, as a worker would, and shows every
    fault. What the modules send while they are imported is not sent. The exit code is 0 if there is none, else 1.

    With --live: is the database reachable, of the right version, open to this role, and can it notify?
    """
    # Brings the client, and the user's code.
    from pathlib import Path

    from horsies_worker.survey import survey

    app = survey(locator, str(Path.cwd()))
    for line in _found(app):
        click.echo(line)
    if live:
        # Brings the database driver.
        from horsies_worker.cli.live_check import live_check

        for line in live_check(app.config.broker):
            click.echo(line)
    click.echo("no faults found")


def _found(app: Horsies) -> Iterator[str]:
    queues = Counter(definition.queue_name for definition in app.registry)
    functions = sum(not definition.is_async for definition in app.registry)
    names = app.list_tasks()
    yield f"app       {app.where or 'somewhere'}"
    yield _line("modules   ", app.task_modules or ["that of the app alone"])
    yield _line(
        "queues    ", [f"{queue} ({count} of the tasks)" for queue, count in sorted(queues.items())] or ["none"]
    )
    yield f"tasks     {len(names)}: {functions} functions, {len(names) - functions} coroutines"
    if names:
        yield _line(_INDENT, names)


def _line(label: str, items: list[str]) -> str:
    text = ", ".join(items)
    return textwrap.fill(
        text, 100, initial_indent=label, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
    )
