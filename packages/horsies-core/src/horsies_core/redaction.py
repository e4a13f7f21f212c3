"""Keep passwords out of everything that people read: log lines, reprs, errors, source excerpts."""

from __future__ import annotations

import re

MASK = "***"

# An unescaped '@', '/' or quote in a password makes the URL wrong, and a wrong URL is just what gets printed:
# so a password reaches to the last '@' of its word, or of its string literal. Hiding too much is harmless.
# Lengths are bounded so that hostile text costs linear time. Compiled at first use, not at import: most programs never
# make an error.
_IN_QUOTED_URL = r"""(?i)["'][a-z][a-z0-9+.-]{0,40}://[^\s:/@"']{0,256}:(?P<secret>[^"'\r\n]{1,4096})@"""
_IN_URL = r"://[^\s:/@]{0,256}:(?P<secret>\S{1,4096})@"
# A URL written in pieces may lack its '@'. What follows the colon is then a port, or it is hidden.
_IN_URL_FRAGMENT = r"""://[^\s:/@\[]{0,256}:(?!\d{1,5}(?:[/?,;)\]\s"']|$))(?P<secret>[^\s"'@]{1,4096})"""
_QUOTED = r"""'(?:\\.|[^'\\\r\n]){1,4096}'|"(?:\\.|[^"\\\r\n]){1,4096}\""""
_IN_SETTING = (
    rf"""(?i)(?:password|passwd|passphrase)\s{{0,8}}=\s{{0,8}}(?P<secret>{_QUOTED}|[^\s&"',;)\]}}]{{1,4096}})"""
)
_IN_ENTRY = rf"""(?i)(?:password|passwd|passphrase)["']\s{{0,8}}:\s{{0,8}}(?P<secret>{_QUOTED})"""
_PATTERNS = (
    _IN_QUOTED_URL,
    _IN_URL,
    _IN_URL_FRAGMENT,
    _IN_SETTING,
    _IN_ENTRY,
)


def redact(text: str) -> str:
    """Replace every password in `text` by `***`: in URLs, query strings and `password=...` settings."""
    pieces: list[str] = []
    position = 0
    for start, end in secret_spans(text):
        pieces += (text[position:start], MASK)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Return where the passwords in `text` stand, as (start, end), in order and not overlapping."""
    found = sorted(match.span("secret") for pattern in _PATTERNS for match in re.finditer(pattern, text))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
