"""`horsies check --live`: whether an app's database would do for its clients and workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from horsies_client.postgres.schema_check import check_version
from horsies_core.config import PostgresConfig
from horsies_core.errors import BrokerError, HorsiesError, raise_all
from horsies_core.plans.checking import (
    NEEDED,
    NEEDED_FOR_UPKEEP,
    Missing,
    living_workers,
    may_create_schema,
    missing_privileges,
)
from horsies_worker.cli.chosen_database import ChosenDatabase


def live_check(config: PostgresConfig) -> Iterator[str]:
    """Lines that say what was found. Nothing is changed.

    Raises every fault at once after the last of them: HorsiesError if the database cannot be reached, or would not do.
    """
    with ChosenDatabase.of(config) as database:
        yield f"database  {database.description}"
        faults: list[HorsiesError] = []
        yield from _schema(database, faults)
        yield from _listening(database, faults)
        raise_all(faults, subject="the database")


def _schema(database: ChosenDatabase, faults: list[HorsiesError]) -> Iterator[str]:
    applied = database.applied()
    if not applied:
        yield f"schema    {database.schema}, no tables yet: the first client or worker makes them"
        if not database.run(may_create_schema()):
            faults.append(_may_not_create(database.schema))
        return
    version = applied[-1].version
    yield f"schema    {database.schema}, version {version}"
    try:
        check_version(version, database.schema)
    except BrokerError as error:
        # Another version has other tables: to ask for rights on ours would only confuse.
        faults.append(error)
        return
    yield from _privileges(database, faults)
    yield from _workers(database)


def _privileges(database: ChosenDatabase, faults: list[HorsiesError]) -> Iterator[str]:
    missing = database.run(missing_privileges(database.schema, NEEDED))
    if missing:
        faults.append(_lacks(missing))
        yield "rights    not enough, see below"
        return
    lacking_upkeep = database.run(missing_privileges(database.schema, NEEDED_FOR_UPKEEP))
    yield "rights    all that clients and workers need"
    if lacking_upkeep:
        yield f"          except for upkeep, which another role must do: {_listed(lacking_upkeep)}"


def _workers(database: ChosenDatabase) -> Iterator[str]:
    # Without the right to read them there is a fault already.
    if database.run(missing_privileges(database.schema, {"workers": ("SELECT",)})):
        return
    workers = database.run(living_workers())
    names = ", ".join(f"{worker.host}:{worker.pid}" for worker in workers)
    told = f"{len(workers)} alive ({names}); which tasks they know is not recorded" if workers else "none alive now"
    yield f"workers   {told}"


def _listening(database: ChosenDatabase, faults: list[HorsiesError]) -> Iterator[str]:
    if database.hears_itself():
        yield "listen    notifications arrive"
        return
    yield "listen    no notification arrived"
    faults.append(
        BrokerError(
            "notifications of this database do not arrive: tasks would start, and results be seen, late",
            help="a pooler in transaction mode cannot listen; give PostgresConfig(listen_url=...) a direct connection",
        )
    )


def _may_not_create(schema: str) -> HorsiesError:
    return BrokerError(
        f"schema '{schema}' does not exist, and this role may not create it",
        help="let a role that may do so run `horsies db migrate`, then grant this one what it needs",
    )


def _lacks(missing: Sequence[Missing]) -> HorsiesError:
    return BrokerError(
        "this role lacks privileges that clients and workers need",
        notes=[f"missing: {_listed(missing)}"],
        help="let the owner of the schema grant them",
    )


def _listed(missing: Sequence[Missing]) -> str:
    return ", ".join(str(one) for one in missing)
