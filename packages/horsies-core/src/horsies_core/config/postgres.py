"""Which database, and how a client's pool of connections to it behaves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from horsies_core.database_url import ESCAPING_HELP, conninfo, fault_in_url
from horsies_core.errors import ConfigurationError, ErrorCode
from horsies_core.faults import Faults
from horsies_core.redaction import redact

URL_VARIABLE = "HORSIES_DATABASE_URL"
"""The environment variable that is read when the configuration names no database."""

# PostgreSQL cuts names at 63 bytes; what is left serves for names made from this one.
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,47}")


def _shown_url(url: object) -> str:
    return redact(repr(url))


@frozen
class PostgresConfig:
    """The database of an app, and how a process connects to it.

    Every fault is a ConfigurationError, E203 or E211; passwords never show.
    """

    database_url: str | None = field(default=None, repr=_shown_url)
    """It begins with `postgresql+psycopg://`, `postgresql://` or `postgres://`. None: that of HORSIES_DATABASE_URL;
    without that, the embedded server.
    """
    listen_url: str | None = field(default=None, repr=_shown_url)
    """A way past a pooler in transaction mode, where LISTEN does not work. None: `database_url`."""
    pool_size: int = 5
    """Connections of a process, for threads, and the same for each event loop. They come with demand."""
    max_overflow: int = 10
    """How many more there may be when all are busy."""
    pool_timeout: float = 30
    """Seconds to wait for one that is free, and for the database to be reached at all."""
    pool_recycle: float = 1800
    """Seconds after which a connection is replaced by a new one."""
    schema: str = "horsies"
    """Where the tables are. Apps with schemas of their own know nothing of each other."""

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        for name, url in (("database_url", self.database_url), ("listen_url", self.listen_url)):
            if url is not None and (fault := fault_in_url(url)) is not None:
                message = f"{name} is not a URL of a PostgreSQL database: {fault}"
                faults.add(ErrorCode.BROKER_INVALID_URL, message, argument=name, help=_remedy(fault))
        code = ErrorCode.BROKER_INVALID_OPTIONS
        faults.require_integer(code, "pool_size", self.pool_size, minimum=1)
        faults.require_integer(code, "max_overflow", self.max_overflow, minimum=0)
        faults.require_positive_number(code, "pool_timeout", self.pool_timeout)
        faults.require_positive_number(code, "pool_recycle", self.pool_recycle)
        if not _is_schema_name(self.schema):
            faults.add(
                code,
                f"schema {self.schema!r:.80} is not a name this library uses unquoted",
                argument="schema",
                help="use 1 to 48 lower-case letters, digits and underscores, not beginning with a digit",
            )
        faults.raise_any()

    def resolve_url(self, environ: Mapping[str, str]) -> str | None:
        """Return the database's URL as libpq takes it: the one given here, else that of HORSIES_DATABASE_URL.

        None if there is neither. Raises ConfigurationError (E203) if the variable holds something else.
        """
        if self.database_url is not None:
            return conninfo(self.database_url)
        url = environ.get(URL_VARIABLE)
        if not url:
            return None
        if (fault := fault_in_url(url)) is not None:
            message = f"the environment variable {URL_VARIABLE} is not a URL of a PostgreSQL database: {fault}"
            raise ConfigurationError(message, code=ErrorCode.BROKER_INVALID_URL, help=_remedy(fault))
        return conninfo(url)


def _remedy(fault: str) -> str:
    if any(word in fault for word in ("'@'", "'%'", "port", "space")):
        return ESCAPING_HELP
    return "write it as postgresql://user:password@host:5432/database"


def _is_schema_name(name: object) -> bool:
    return isinstance(name, str) and _SCHEMA_NAME.fullmatch(name) is not None
