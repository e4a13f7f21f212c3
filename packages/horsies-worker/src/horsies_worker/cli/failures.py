"""What a command that failed says, and its exit code. A traceback of ours is for bugs of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from horsies_core.diagnostics import wants_color
from horsies_core.errors import HorsiesError
from horsies_worker.execution.child_process import ChildFailedToStart

_ERROR = 1


@contextmanager
def reporting_failures() -> Iterator[None]:
    """Turn a user's mistake, and a database that does not answer, into its message on stderr and exit code 1."""
    try:
        yield
    except HorsiesError as error:
        _end_with(error.render(color=wants_color(sys.stderr, os.environ)))
    except ChildFailedToStart as failure:
        _end_with(failure.report)


def _end_with(report: str) -> NoReturn:
    # `from None` is for the reader: what is printed is the report, not how it came here.
    print(report, file=sys.stderr)
    raise SystemExit(_ERROR) from None
