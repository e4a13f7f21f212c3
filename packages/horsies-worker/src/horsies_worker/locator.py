"""Finding the user's app: `package.module:app`, `path/to/file.py:app`, or either without `:app`.

Imports user code, so it runs in children and in one-off commands, never in a supervisor.
"""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from attrs import frozen

from horsies_client.app import Horsies
from horsies_core.errors import ConfigurationError, ErrorCode


@frozen
class Locator:
    """A locator taken apart. `attribute` is None when the module is to be searched for its only app."""

    text: str
    module: str
    attribute: str | None

    @property
    def is_file(self) -> bool:
        """Whether the module is given as the path of a .py file."""
        return self.module.endswith(".py") or os.sep in self.module

    @classmethod
    def parse(cls, text: str) -> Locator:
        """Take a locator apart; ConfigurationError if it has no module."""
        module, colon, attribute = text.rpartition(":") if ":" in text else (text, "", "")
        if not module or (colon and not attribute):
            raise _invalid(
                f"'{text}' is no locator",
                help="write package.module:app or path/to/file.py:app",
            )
        return cls(text, module, attribute or None)


def find_app(text: str, directory: str) -> Horsies:
    """Import the module a locator names and return its app. `directory` is where relative paths and imports begin.

    Raises ConfigurationError if there is no such module or app; whatever the user's module itself raises is passed on.
    """
    locator = Locator.parse(text)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    module = _import_file(locator, directory) if locator.is_file else _import_module(locator, directory)
    return _app_in(module, locator)


def import_task_modules(app: Horsies) -> None:
    """Import what `discover_tasks` listed. Raises what `import_task_module` raises, for the first that fails."""
    for name in app.task_modules:
        import_task_module(app, name)


def import_task_module(app: Horsies, name: str) -> None:
    """Import a module of the app's list: a dotted path, or a .py path relative to the app's file.

    Raises ConfigurationError if it does not exist; what the user's module itself raises is passed on.
    """
    if name.endswith(".py"):
        path = _directory_of(app) / name
        if not path.is_file():
            raise _undiscovered(app, name, f"looked for {path}")
        import_path(path)
        return
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not _is_about(error, name):
            raise
        raise _undiscovered(app, name, "looked where Python finds modules") from None


def _undiscovered(app: Horsies, name: str, looked: str) -> ConfigurationError:
    return ConfigurationError(
        f"discover_tasks lists '{name}', and there is no such module",
        code=ErrorCode.WORKER_INVALID_LOCATOR,
        where=app.where,
        notes=[looked],
        help="list dotted module names, or .py files relative to the file of the app",
    )


def _is_about(error: ModuleNotFoundError, module: str) -> bool:
    """Whether this module, or a package above it, is what was not found; else it was found, and lacks another."""
    missing = error.name or ""
    return missing == module or module.startswith(f"{missing}.")


def _directory_of(app: Horsies) -> Path:
    return Path(app.where.file).parent if app.where else Path()


def import_path(path: Path) -> ModuleType:
    """Import a file under the dotted name by which others import it, if there is one, so that it exists once."""
    path = path.resolve()
    dotted = _dotted_name(path)
    if dotted is not None:
        return importlib.import_module(dotted)
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem)


def _dotted_name(path: Path) -> str | None:
    for entry in sys.path:
        try:
            relative = path.relative_to(Path(entry or ".").resolve()).with_suffix("")
        except ValueError:
            continue
        if all(part.isidentifier() for part in relative.parts):
            return ".".join(relative.parts)
    return None


def _import_file(locator: Locator, directory: str) -> ModuleType:
    path = Path(directory, locator.module)
    if not path.is_file():
        siblings = [str(file.relative_to(directory)) for file in sorted(path.parent.glob("*.py"))]
        near = difflib.get_close_matches(locator.module, siblings, n=3, cutoff=0.5)
        raise _invalid(f"there is no file '{locator.module}'", notes=[f"looked in {directory}"], near=near)
    return import_path(path)


def _import_module(locator: Locator, directory: str) -> ModuleType:
    try:
        return importlib.import_module(locator.module)
    except ModuleNotFoundError as error:
        if not _is_about(error, locator.module):
            raise
        missing = error.name or ""
        names = [module.name for module in pkgutil.iter_modules([directory])]
        near = difflib.get_close_matches(missing.partition(".")[0], names, n=3, cutoff=0.5)
        notes = [f"looked in {directory} and in the installed packages"]
        raise _invalid(f"there is no module '{missing}'", notes=notes, near=near) from None


def _app_in(module: ModuleType, locator: Locator) -> Horsies:
    apps = {name: value for name, value in vars(module).items() if isinstance(value, Horsies)}
    if locator.attribute is not None:
        return _named_app(module, locator.attribute, apps)
    distinct = {id(app): name for name, app in apps.items()}
    if len(distinct) == 1:
        return apps[distinct.popitem()[1]]
    if not apps:
        raise _invalid(f"module '{module.__name__}' holds no Horsies app", help="make one: app = Horsies(config)")
    raise _invalid(
        f"module '{module.__name__}' holds several apps",
        notes=[f"found: {', '.join(sorted(apps))}"],
        help=f"say which, as in {locator.module}:{min(apps)}",
    )


def _named_app(module: ModuleType, attribute: str, apps: dict[str, Horsies]) -> Horsies:
    value: object = module
    for part in attribute.split("."):
        value = getattr(value, part, None)
    if isinstance(value, Horsies):
        return value
    if value is None:
        near = difflib.get_close_matches(attribute, apps, n=3, cutoff=0.4) or sorted(apps)
        raise _invalid(f"module '{module.__name__}' has no '{attribute}'", near=near)
    kind = type(value).__name__
    raise _invalid(f"'{attribute}' in module '{module.__name__}' is not a Horsies app but {kind}", near=sorted(apps))


def _invalid(
    message: str, *, notes: list[str] | None = None, near: list[str] | None = None, help: str | None = None
) -> ConfigurationError:
    if near:
        help = f"did you mean {' or '.join(f'{name!r}' for name in near)}?"
    return ConfigurationError(message, code=ErrorCode.WORKER_INVALID_LOCATOR, notes=notes or [], help=help)
