"""`horsies db`: the schema and its version."""

# pyright: reportUnknownMemberType=false
# rich-click's decorators are declared with types that click left open.

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

from horsies_worker.cli.failures import ERROR
from horsies_worker.cli.help import HELP, examples

if TYPE_CHECKING:
    from horsies_worker.cli.chosen_database import ChosenDatabase

F = TypeVar("F", bound=Callable[..., None])


def _choosing_a_database(command: F) -> F:
    """The parameters that both commands share."""
    for parameter in (
        click.option("--schema", metavar="NAME", help="Schema of the tables.  [default: the app's, else horsies]"),
        click.option(
            "--database-url",
            metavar="URL",
            help="postgresql://user:password@host:5432/database. Other users of this machine can see it in the list"
            " of processes; HORSIES_DATABASE_URL keeps it from them.",
        ),
        click.argument("locator", required=False),
    ):
        command = parameter(command)
    return command


@click.group("db", **HELP)
def database() -> None:
    """Create and migrate the tables; show their version."""


@database.command(
    **HELP,
    epilog=examples("horsies db migrate instance:app", "HORSIES_DATABASE_URL=postgresql://... horsies db migrate"),
)
@_choosing_a_database
def migrate(locator: str | None, database_url: str | None, schema: str | None) -> None:
    """Bring the schema up to date, or create it.

    The database is that of the app at LOCATOR, or of --database-url; else that of HORSIES_DATABASE_URL; else the
    embedded one in ./.horsies. Repeating it changes nothing, and several at once wait for each other.
    """
    with _choose(locator, database_url, schema) as chosen:
        applied = chosen.migrate()
        for migration in applied:
            click.echo(f"applied {migration.version:04} {migration.name}")
        click.echo(f"schema {chosen.schema} is at version {chosen.known_version}, which this horsies works with")


@database.command(
    **HELP,
    epilog=examples(
        "horsies db status instance:app",
        "horsies db status --database-url postgresql://localhost/shop --schema jobs",
    ),
)
@_choosing_a_database
def status(locator: str | None, database_url: str | None, schema: str | None) -> None:
    """Show the database, the version of its schema, and what to do.

    Changes nothing. The exit code is 0 if this version of horsies can work with the schema as it is, else 1.
    """
    with _choose(locator, database_url, schema) as chosen:
        applied = chosen.applied()
        found, known = (applied[-1].version if applied else 0), chosen.known_version
        click.echo(f"database  {chosen.description}")
        click.echo(f"schema    {chosen.schema}")
        click.echo(f"version   {f'{found} found' if applied else 'no tables'}, {known} known to this horsies")
        for migration in applied:
            date = migration.applied_at.astimezone().isoformat(" ", timespec="seconds")
            click.echo(f"applied   {migration.version:04} {migration.name}, {date}")
        click.echo(f"to do     {_to_do(found, known)}")
    if found != known:
        raise SystemExit(ERROR)


def _to_do(found: int, known: int) -> str:
    if found == known:
        return "nothing, it is up to date"
    if found == 0:
        return "run `horsies db migrate`, or let the first client or worker create it"
    if found < known:
        return "run `horsies db migrate`, then start clients and workers again"
    return "a newer horsies migrated it: upgrade horsies here, or choose another schema"


def _choose(locator: str | None, database_url: str | None, schema: str | None) -> ChosenDatabase:
    if locator is not None and database_url is not None:
        raise click.UsageError("LOCATOR and --database-url both name a database: give one of them")
    # Brings the client and the database driver.
    from horsies_worker.cli.chosen_database import ChosenDatabase, InvalidChoice

    try:
        return ChosenDatabase.open(locator, database_url, schema)
    except InvalidChoice as invalid:
        raise click.UsageError(str(invalid)) from invalid
