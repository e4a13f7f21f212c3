"""What is known of a task: its name, its options, and how its arguments and results are stored."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from attrs import field, frozen

from horsies_core.annotations import Annotation, UnresolvedAnnotation, bare, name_of, resolved_hint
from horsies_core.config import AppConfig
from horsies_core.config.queues import DEFAULT_QUEUE
from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import ErrorCode, HorsiesError, TaskDefinitionError, raise_all
from horsies_core.exception_mapper import ExceptionMapper
from horsies_core.faults import Faults
from horsies_core.result import TaskError, TaskResult
from horsies_core.retry import RetryPolicy
from horsies_core.task_options import DEFAULT_PRIORITY, TaskOptions, check_name

if TYPE_CHECKING:
    from horsies_core.codec import ArgumentsCodec, ResultCodec


@frozen(eq=False)
class TaskDefinition:
    """A declared task. Made by `define`, which checks it."""

    name: str
    function: Callable[..., Any] = field(repr=False)
    ok_type: Annotation = field(repr=False)
    """The T of `TaskResult[T, TaskError]`."""
    queue_name: str
    priority: int
    """From 1 (first) to 100 (last), among the tasks of its queue."""
    retry_policy: RetryPolicy | None
    good_until: datetime | None
    timeout_ms: int | None
    exception_mapper: ExceptionMapper = field(repr=False)
    default_unhandled_error_code: str | None
    """None: the app's."""
    is_async: bool
    module: str
    """As it can be imported: of a program that runs as `__main__`, the name of its file."""
    qualname: str
    where: SourceLocation | None = field(repr=False)
    """Where the function stands; None if that is unknown."""

    @cached_property
    def arguments(self) -> ArgumentsCodec:
        """The codec of its arguments, made at first use: by then every class that the annotations name is defined.

        Raises TaskDefinitionError if a parameter's type cannot be stored.
        """
        # Here, with cattrs behind it: a process that only defines tasks, as every web worker does at first, needs none.
        from horsies_core.codec import ArgumentsCodec  # noqa: PLC0415

        return ArgumentsCodec.for_function(self.function, self.name, where=self.where)

    @cached_property
    def results(self) -> ResultCodec:
        """The codec of its results. Raises TaskDefinitionError if the type of `ok` cannot be stored."""
        from horsies_core.codec import ResultCodec  # noqa: PLC0415 (as above)

        return ResultCodec(self.ok_type, where=self.where)

    @cached_property
    def retry_policy_text(self) -> str | None:
        """The retry policy as it is stored with each task sent."""
        return self.retry_policy.to_json() if self.retry_policy else None


def define(
    fn: Callable[..., Any],
    *,
    config: AppConfig,
    name: str | None = None,
    where: SourceLocation | None = None,
    queue_name: str | None = None,
    priority: int | None = None,
    retry_policy: RetryPolicy | None = None,
    good_until: datetime | None = None,
    timeout_ms: int | None = None,
    exception_mapper: ExceptionMapper | None = None,
    default_unhandled_error_code: str | None = None,
) -> TaskDefinition:
    """Check a declaration and return it as data. `where` is its place: that of its options, and of a function that has
    none of its own.

    Without a name it is `module.qualname`. Every fault is found before any is raised: a TaskDefinitionError for the
    annotation, ConfigurationErrors for options, several as MultipleValidationErrors.
    """
    options = TaskOptions(
        queue_name=queue_name,
        priority=priority,
        retry_policy=retry_policy,
        good_until=good_until,
        timeout_ms=timeout_ms,
        exception_mapper=exception_mapper,
        default_unhandled_error_code=default_unhandled_error_code,
    )
    module, qualname = importable_module(fn), getattr(fn, "__qualname__", type(fn).__qualname__)
    task_name = f"{module}.{qualname}" if name is None else name
    place = SourceLocation.of_function(fn) or where
    ok_type = _checked(fn, task_name, place, options, config, declared_at=where, is_default_name=name is None)
    return TaskDefinition(
        name=task_name,
        function=fn,
        ok_type=ok_type,
        queue_name=queue_name or DEFAULT_QUEUE,
        priority=DEFAULT_PRIORITY if priority is None else priority,
        retry_policy=retry_policy,
        good_until=good_until,
        timeout_ms=timeout_ms,
        exception_mapper=dict(exception_mapper or {}),
        default_unhandled_error_code=default_unhandled_error_code,
        is_async=inspect.iscoroutinefunction(inspect.unwrap(fn)),
        module=module,
        qualname=qualname,
        where=place,
    )


def stand_in(fn: Callable[..., Any], name: str | None) -> TaskDefinition:
    """What a faulty declaration is taken for while the faults behind it are looked for: it can be held, never run."""
    return TaskDefinition(
        name=name or "?",
        function=fn,
        ok_type=Any,
        queue_name=DEFAULT_QUEUE,
        priority=DEFAULT_PRIORITY,
        retry_policy=None,
        good_until=None,
        timeout_ms=None,
        exception_mapper={},
        default_unhandled_error_code=None,
        is_async=False,
        module=importable_module(fn),
        qualname=getattr(fn, "__qualname__", type(fn).__qualname__),
        where=None,
    )


def importable_module(fn: Callable[..., Any]) -> str:
    """Return the name of a function's module, as another process would import it.

    A program that runs as `__main__` is known by its file: its tasks must have the same names in the worker.
    """
    module: str = getattr(fn, "__module__", None) or "__main__"
    if module != "__main__":
        return module
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file: str | None = getattr(main, "__file__", None)
    return Path(file).stem if file else module


def _checked(
    fn: Callable[..., Any],
    task_name: str,
    place: SourceLocation | None,
    options: TaskOptions,
    config: AppConfig,
    *,
    declared_at: SourceLocation | None,
    is_default_name: bool,
) -> Annotation:
    """Return the T of the return annotation, or raise everything that is wrong with the declaration."""
    errors: list[HorsiesError] = []
    ok_type: Annotation = None
    try:
        ok_type = _declared_ok_type(fn, task_name, place)
    except TaskDefinitionError as error:
        errors.append(error)
    # While a decorator is applied, Python 3.10 says that it executes the line of the `def`.
    faults = Faults(declared_at)
    check_name(faults, task_name, is_default=is_default_name)
    options.check(faults, config)
    try:
        faults.raise_any()
    except HorsiesError as error:
        errors.append(error)
    raise_all(errors, subject=f"task {task_name!r}")
    return ok_type


def _declared_ok_type(fn: Callable[..., Any], task_name: str, place: SourceLocation | None) -> Annotation:
    if "return" not in getattr(inspect.unwrap(fn), "__annotations__", {}):
        raise TaskDefinitionError(
            f"task {task_name!r} does not say what it returns",
            code=ErrorCode.TASK_NO_RETURN_TYPE,
            where=place,
            help="annotate it: def ...(...) -> TaskResult[int, TaskError]",
        )
    try:
        returned = bare(resolved_hint(fn, "return"))
    except UnresolvedAnnotation as error:
        raise TaskDefinitionError(
            f"task {task_name!r}: {error}",
            code=ErrorCode.TASK_INVALID_RETURN_TYPE,
            where=place,
            help="import or define the name above the task, and not only under TYPE_CHECKING",
        ) from None
    # The error type may be left out: it defaults to TaskError.
    ok_type, *error_types = get_args(returned) or (None, None)
    if get_origin(returned) is not TaskResult or error_types not in ([], [TaskError]):
        raise TaskDefinitionError(
            f"task {task_name!r} returns {name_of(returned)}, not TaskResult[..., TaskError]",
            code=ErrorCode.TASK_INVALID_RETURN_TYPE,
            where=place,
            notes=["the type of the value comes first, as in TaskResult[int, TaskError]; use None for no value"],
            help="return TaskResult(ok=value) for a success and TaskResult(err=TaskError(...)) for a failure",
        )
    return ok_type
