"""The URL of a PostgreSQL database, as SQLAlchemy and libpq write it."""

from __future__ import annotations

import re

_SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
_SPEAKABLE_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_HIGHEST_PORT = 65_535

ESCAPING_HELP = (
    "in a user name or password, write '@' as %40, '/' as %2F, ':' as %3A and '%' as %25"
    " (urllib.parse.quote(password, safe='') does it)"
)


def conninfo(url: str) -> str:
    """Return a faultless URL as libpq and psycopg take it: with the scheme `postgresql`."""
    _scheme, _, rest = url.partition("://")
    return f"postgresql://{rest}"


def fault_in_url(url: object) -> str | None:
    """Say in a few words what is wrong with a database URL, or return None. No part of a password is ever told."""
    if not isinstance(url, str):
        return f"it is {type(url).__name__}, not str"
    if not url:
        return "it is empty"
    if not url.isprintable() or " " in url:
        return "it contains a space, a line break or another character that does not belong in a URL"
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "it has no scheme, such as postgresql://"
    return _fault_in_scheme(scheme) or _fault_after_scheme(rest)


def _fault_in_scheme(scheme: str) -> str | None:
    if scheme.lower() in _SCHEMES:
        return None
    # What stands before '://' may be anything, a password too; it is quoted only if it looks like a scheme.
    if _SPEAKABLE_SCHEME.fullmatch(scheme) is None:
        return "its scheme is not one of PostgreSQL's"
    if scheme.lower().startswith(("postgresql+", "postgres+")):
        return f"its driver {scheme.partition('+')[2]!r} is not the one in use, psycopg"
    return f"its scheme {scheme!r} is not one of PostgreSQL's"


def _fault_after_scheme(rest: str) -> str | None:
    if _BROKEN_ESCAPE.search(rest):
        return "a '%' in it does not begin a percent-encoded character"
    address, _, query = rest.partition("?")
    authority, _, database = address.partition("/")
    if authority.count("@") > 1 or "@" in database:
        return "it has an '@' too many, perhaps one that belongs to the password"
    _userinfo, _, hosts = authority.rpartition("@")
    for host in hosts.split(","):
        if (fault := _fault_in_host(host)) is not None:
            return fault
    return _fault_in_query(query)


def _fault_in_host(host: str) -> str | None:
    # Neither host nor port is quoted: after an unescaped '/' or '@' they are pieces of the password.
    if host.startswith("["):
        _inside, closing, after = host.partition("]")
        if not closing or (after and not after.startswith(":")):
            return "its IPv6 address is not enclosed in '[' and ']'"
        port = after[1:]
    else:
        _name, _, port = host.partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _HIGHEST_PORT):
        return f"its port is not a number from 1 to {_HIGHEST_PORT}"
    return None


def _fault_in_query(query: str) -> str | None:
    for setting in query.split("&") if query else ():
        name, equals, _value = setting.partition("=")
        if not equals or not name:
            return "a setting after its '?' is not of the form name=value"
        if "%" in name:
            return "the name of a setting after its '?' is percent-encoded"
    return None
