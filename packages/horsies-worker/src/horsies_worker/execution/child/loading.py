"""Importing the user's app in the child, and telling what went wrong in the user's terms."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

from horsies_client.app import Horsies
from horsies_client.sending import suppressing_sends
from horsies_core.config.transfer import config_to_json
from horsies_core.errors import HorsiesError
from horsies_worker.locator import find_app, import_task_modules


class StartFailure(Exception):
    """The app could not be imported. `report` is what the user should read."""

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


def load(locator: str, directory: str) -> Horsies:
    """The user's app with all its tasks. Sends at module level enqueue nothing. Raises StartFailure."""
    try:
        with suppressing_sends():
            app = find_app(locator, directory)
            import_task_modules(app)
        prepare_codecs(app)
        return app
    except HorsiesError as error:
        raise StartFailure(error.render()) from error
    except BaseException as error:
        raise StartFailure(users_traceback(error)) from error


def prepare_codecs(app: Horsies) -> None:
    """Make what encodes and decodes each task's values, so that a type that cannot be stored is refused here, and not
    when the first task of that name runs.
    """
    for definition in app.registry:
        _ = definition.arguments, definition.results


def ready_header(app: Horsies) -> dict[str, Any]:
    """What a supervisor needs to know of an app: it never imports one itself."""
    return {
        "config": config_to_json(app.config),
        "tasks": [[definition.name, definition.is_async] for definition in app.registry],
    }


def users_traceback(error: BaseException) -> str:
    """The traceback from the user's first line on: without ours, and without the import system's."""
    trace = error.__traceback__
    while trace is not None and _is_machinery(trace):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def _is_machinery(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    module = trace.tb_frame.f_globals.get("__name__", "")
    return file.startswith("<frozen importlib") or module.partition(".")[0] in ("horsies_worker", "importlib")
