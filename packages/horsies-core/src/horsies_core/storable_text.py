"""Text of unknown origin, made fit for any column and any log."""

from __future__ import annotations

from horsies_core.redaction import redact

TEXT_LIMIT_BYTES = 16 * 1024
"""Text is cut to this many bytes of UTF-8."""

_CUT_MARK = "[... cut ...]"


def storable_text(text: str, *, keep_end: bool = False) -> str:
    """Return `text` without NUL, lone surrogates and passwords of URLs, which are shown as escapes or masked, and cut
    to the limit: the beginning is kept, or with `keep_end` the end.
    """
    # Cut once before the work and once after it: the text may be huge, and escapes and masks may lengthen it.
    roughly = text[-TEXT_LIMIT_BYTES:] if keep_end else text[:TEXT_LIMIT_BYTES]
    clean = redact(roughly.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", r"\x00"))
    data = clean.encode("utf-8")
    if len(data) <= TEXT_LIMIT_BYTES and len(roughly) == len(text):
        return clean
    room = TEXT_LIMIT_BYTES - len(_CUT_MARK)
    kept = (data[-room:] if keep_end else data[:room]).decode("utf-8", "ignore")
    return _CUT_MARK + kept if keep_end else kept + _CUT_MARK
