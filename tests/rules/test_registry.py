"""A name is one function's; the same function imported twice is still one."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
from attrs import evolve

from horsies_core.config import AppConfig, PostgresConfig
from horsies_core.errors import ErrorCode, RegistryError
from horsies_core.registry import Registry
from horsies_core.result import TaskError, TaskResult
from horsies_core.task_definition import TaskDefinition, define

CONFIG = AppConfig(broker=PostgresConfig(database_url="postgresql://localhost/unused"))


def greet() -> TaskResult[None, TaskError]:
    return TaskResult(ok=None)


def greet_differently() -> TaskResult[None, TaskError]:
    return TaskResult(ok=None)


def task(name: str = "mail.greet", function=greet) -> TaskDefinition:
    return define(function, name=name, config=CONFIG)


def imported_as(module_name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module_name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tasks_are_found_by_name_in_the_order_of_their_definition() -> None:
    registry = Registry()
    greet_task, other = task(), task("a.other", greet_differently)
    registry.add(greet_task)
    registry.add(other)
    assert registry.get("mail.greet") is greet_task
    assert registry.names() == ("mail.greet", "a.other")
    assert list(registry) == [greet_task, other]
    assert "a.other" in registry
    assert len(registry) == 2


def test_an_unknown_name_is_e300_and_shows_what_is_near() -> None:
    registry = Registry()
    registry.add(task())
    with pytest.raises(RegistryError) as caught:
        registry.get("mial.greet")
    assert caught.value.code is ErrorCode.TASK_NOT_REGISTERED
    assert caught.value.notes == ("near: mail.greet",)


def test_a_name_defined_in_two_places_is_e301_and_shows_both() -> None:
    registry = Registry()
    registry.add(task())
    with pytest.raises(RegistryError) as caught:
        registry.add(task(function=greet_differently))
    assert caught.value.code is ErrorCode.TASK_DUPLICATE_NAME
    first, second = greet.__code__.co_firstlineno, greet_differently.__code__.co_firstlineno
    shown = caught.value.render()
    assert f"test_registry.py:{first}" in shown
    assert f"test_registry.py:{second}" in shown


def test_the_same_file_imported_under_two_names_is_no_duplicate(tmp_path: Path) -> None:
    file = tmp_path / "jobs.py"
    file.write_text(
        textwrap.dedent("""\
            from horsies_core.result import TaskError, TaskResult

            def greet() -> TaskResult[None, TaskError]:
                return TaskResult(ok=None)
        """)
    )
    linked = tmp_path / "linked.py"
    linked.symlink_to(file)
    registry = Registry()
    definitions = [
        task(function=imported_as(name, path).greet) for name, path in [("jobs", file), ("pkg.jobs", linked)]
    ]
    for definition in definitions:
        registry.add(definition)
    assert registry.get("mail.greet") is definitions[1]


def test_without_a_known_place_only_the_same_function_is_the_same() -> None:
    registry = Registry()
    registry.add(evolve(task(), where=None))
    registry.add(evolve(task(), where=None))
    with pytest.raises(RegistryError, match="two tasks are named"):
        registry.add(evolve(task(function=greet_differently), where=None))
