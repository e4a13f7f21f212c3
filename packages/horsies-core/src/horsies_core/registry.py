"""The tasks of an app, by name."""

from __future__ import annotations

import os
from collections.abc import Iterator

from horsies_core.errors import ErrorCode, RegistryError
from horsies_core.task_definition import TaskDefinition


class Registry:
    """The definitions of an app's tasks. Each name is one function's."""

    def __init__(self) -> None:
        self._definitions: dict[str, TaskDefinition] = {}

    def add(self, definition: TaskDefinition) -> None:
        """Add a task. Raises RegistryError (E301) if another function has its name.

        The same function again, because its file was imported under a second module name, replaces the first.
        """
        known = self._definitions.get(definition.name)
        if known is not None and not _is_same_function(known, definition):
            raise RegistryError(
                f"two tasks are named {definition.name!r}",
                code=ErrorCode.TASK_DUPLICATE_NAME,
                where=definition.where,
                notes=[f"the other one is {known.module}.{known.qualname}, at {known.where or 'an unknown place'}"],
                help="give one of them another name: @app.task(name=...)",
            )
        self._definitions[definition.name] = definition

    def get(self, name: str) -> TaskDefinition:
        """Return the task of this name. Raises RegistryError (E300), which tells the names that are near."""
        try:
            return self._definitions[name]
        except KeyError:
            raise self._unknown(name) from None

    def names(self) -> tuple[str, ...]:
        """Return the names of all tasks, in the order of their definition."""
        return tuple(self._definitions)

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[TaskDefinition]:
        return iter(tuple(self._definitions.values()))

    def __len__(self) -> int:
        return len(self._definitions)

    def _unknown(self, name: str) -> RegistryError:
        import difflib  # noqa: PLC0415 (only when a name was mistyped)

        near = difflib.get_close_matches(name, self._definitions)
        return RegistryError(
            f"no task is named {name!r}",
            code=ErrorCode.TASK_NOT_REGISTERED,
            notes=[f"near: {', '.join(near)}"] if near else [f"{len(self)} tasks are known, none of a similar name"],
            help="check the name, and that its module is among those given to app.discover_tasks([...])",
        )


def _is_same_function(one: TaskDefinition, other: TaskDefinition) -> bool:
    if one.where is None or other.where is None:
        return one.function is other.function
    return (
        one.qualname == other.qualname
        and one.where.line == other.where.line
        and os.path.realpath(one.where.file) == os.path.realpath(other.where.file)
    )
