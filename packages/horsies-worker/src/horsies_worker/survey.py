"""Looking an app over without running it: every module imported, every codec made, every fault collected."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from horsies_client.app import Horsies
from horsies_client.declaring import noting_faults
from horsies_client.sending import suppressing_sends
from horsies_core.diagnostics import OUR_PACKAGES, SourceLocation
from horsies_core.errors import HorsiesError, MultipleValidationErrors, raise_all
from horsies_worker.execution.child.loading import users_traceback
from horsies_worker.locator import find_app, import_task_module

_INSTALLED = ("<frozen", *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")))


def survey(locator: str, directory: str) -> Horsies:
    """The app, with all its tasks. What its modules send is not sent.

    Raises HorsiesError with every fault found: those of the declarations, of modules that cannot be imported (with the
    user's traceback), and of types that cannot be stored.
    """
    faults: list[HorsiesError] = []
    subject = f"the app at '{locator}'"
    with suppressing_sends(), noting_faults() as noted:
        with _collecting(faults, f"the module of '{locator}'"):
            app = find_app(locator, directory)
        if faults:
            # Without the app there is no list of modules.
            raise_all(_distinct([*noted, *faults]), subject=subject)
        for name in app.task_modules:
            with _collecting(faults, f"module '{name}'"):
                import_task_module(app, name)
    for definition in app.registry:
        for codec in ("arguments", "results"):
            with _collecting(faults, f"task '{definition.name}'"):
                getattr(definition, codec)
    raise_all(_distinct([*noted, *faults]), subject=subject)
    return app


@contextmanager
def _collecting(faults: list[HorsiesError], subject: str) -> Generator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise
    except HorsiesError as fault:
        faults.append(fault)
    except BaseException as error:  # noqa: BLE001 (modules are user code, and may raise anything)
        faults.append(_failure(subject, error))


def _failure(subject: str, error: BaseException) -> HorsiesError:
    return HorsiesError(
        f"{subject} cannot be imported: {traceback.format_exception_only(error)[-1].strip()}",
        where=_place_of(error),
        notes=[users_traceback(error)],
    )


def _place_of(error: BaseException) -> SourceLocation | None:
    """The innermost line of the user's; of a module that Python cannot read, the line it stumbled over."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return SourceLocation(error.filename, error.lineno)
    lines = [
        SourceLocation(frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_users(frame)
    ]
    return lines[-1] if lines else None


def _is_users(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] not in OUR_PACKAGES and not frame.f_code.co_filename.startswith(_INSTALLED)


def _distinct(faults: list[HorsiesError]) -> list[HorsiesError]:
    """Each fault once: a module that failed is imported again by the next one that needs it."""
    single = [
        one for fault in faults for one in (fault.errors if isinstance(fault, MultipleValidationErrors) else [fault])
    ]
    return list({(fault.message, str(fault.where)): fault for fault in single}.values())
