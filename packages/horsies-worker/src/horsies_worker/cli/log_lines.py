"""Log lines: one event, one line, on stderr."""

from __future__ import annotations

import logging
import os
import sys
from datetime import datetime

from horsies_core.diagnostics import wants_color
from horsies_core.redaction import redact

LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
    "CRITICAL": logging.CRITICAL,
}
"""By name, the least important first."""

_COLORS = {"DEBUG": "\x1b[2m", "WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[1;31m"}
_DIM = "\x1b[2m"
_RESET = "\x1b[0m"
_CONTINUED = "    | "


def start_logging(level: str) -> None:
    """Log to stderr from here on: ours from `level`, other libraries' warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines(color=wants_color(sys.stderr, os.environ)))
    logging.basicConfig(level=max(LEVELS["WARNING"], LEVELS[level]), handlers=[handler])
    logging.getLogger("horsies").setLevel(level)


class LogLines(logging.Formatter):
    """Time, level, message. What a message or a traceback has beyond its first line is indented, so that a line that
    begins with a time is always an event of its own. Passwords are masked.
    """

    def __init__(self, *, color: bool) -> None:
        super().__init__()
        self._color = color

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        text = f"\n{_CONTINUED}".join(_printable(line) for line in redact(text).splitlines())
        time = datetime.fromtimestamp(record.created).astimezone().isoformat(" ", timespec="milliseconds")
        level = f"{record.levelname:<8}"
        if self._color:
            time = f"{_DIM}{time}{_RESET}"
            level = f"{_COLORS.get(record.levelname, '')}{level}{_RESET}"
        return f"{time} {level} {text}"


def _printable(line: str) -> str:
    """A task's message is the user's, and may be anything: control characters would steer the reader's terminal."""
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in line)
