"""What a command that failed says, and its exit code. A traceback is for bugs of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from horsies_core.diagnostics import wants_color
from horsies_core.errors import HorsiesError

ERROR = 1


class CommandFailed(Exception):
    """A command could not do its work. `report` is all that the user should read."""

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


@contextmanager
def reporting_failures() -> Generator[None]:
    """Turn what a user, or a database, can be the cause of into a message on stderr and exit code 1."""
    try:
        yield
    except HorsiesError as error:
        report = error.render(color=wants_color(sys.stderr, os.environ))
    except CommandFailed as failure:
        report = failure.report
    else:
        return
    print(report, file=sys.stderr)
    sys.exit(ERROR)
