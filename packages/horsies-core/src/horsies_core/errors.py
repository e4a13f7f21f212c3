"""What horsies raises: every error says what is wrong, where, and what to do now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from horsies_core.diagnostics import SourceLocation, render_diagnostic
from horsies_core.redaction import redact


class ErrorCode(str, Enum):
    """The stable code of a fault found at definition or start-up. Docs list each with its cause and remedy."""

    # Workflows
    WORKFLOW_NO_NAME = "E001"
    WORKFLOW_NO_NODES = "E002"
    WORKFLOW_INVALID_NODE_ID = "E003"
    WORKFLOW_DUPLICATE_NODE_ID = "E004"
    WORKFLOW_NO_ROOT_TASKS = "E005"
    WORKFLOW_INVALID_DEPENDENCY = "E006"
    WORKFLOW_CYCLE_DETECTED = "E007"
    WORKFLOW_INVALID_ARGS_FROM = "E008"
    WORKFLOW_INVALID_CTX_FROM = "E009"
    WORKFLOW_CTX_PARAM_MISSING = "E010"
    WORKFLOW_INVALID_OUTPUT = "E011"
    WORKFLOW_INVALID_SUCCESS_POLICY = "E012"
    WORKFLOW_INVALID_JOIN = "E013"
    WORKFLOW_UNRESOLVED_QUEUE = "E014"
    WORKFLOW_UNRESOLVED_PRIORITY = "E015"
    WORKFLOW_INVALID_SUBWORKFLOW_RETRY_MODE = "E017"
    WORKFLOW_SUBWORKFLOW_APP_MISSING = "E018"
    WORKFLOW_INVALID_KWARG_KEY = "E019"
    WORKFLOW_MISSING_REQUIRED_PARAMS = "E020"
    WORKFLOW_KWARGS_ARGS_FROM_OVERLAP = "E021"
    WORKFLOW_SUBWORKFLOW_PARAMS_REQUIRE_BUILD_WITH = "E022"
    WORKFLOW_SUBWORKFLOW_BUILD_WITH_BINDING = "E023"
    WORKFLOW_ARGS_FROM_TYPE_MISMATCH = "E024"
    WORKFLOW_OUTPUT_TYPE_MISMATCH = "E025"
    WORKFLOW_POSITIONAL_ARGS_NOT_SUPPORTED = "E026"
    WORKFLOW_CHECK_CASES_REQUIRED = "E027"
    WORKFLOW_CHECK_CASE_INVALID = "E028"
    WORKFLOW_CHECK_BUILDER_EXCEPTION = "E029"
    WORKFLOW_CHECK_UNDECORATED_BUILDER = "E030"

    # Task definitions
    TASK_NO_RETURN_TYPE = "E100"
    TASK_INVALID_RETURN_TYPE = "E101"
    TASK_INVALID_OPTIONS = "E102"
    TASK_INVALID_QUEUE = "E103"

    # Configuration and command line
    CONFIG_INVALID_QUEUE_MODE = "E200"
    CONFIG_INVALID_CLUSTER_CAP = "E201"
    CONFIG_INVALID_PREFETCH = "E202"
    BROKER_INVALID_URL = "E203"
    CONFIG_INVALID_RECOVERY = "E204"
    CONFIG_INVALID_SCHEDULE = "E205"
    CLI_INVALID_ARGS = "E206"
    WORKER_INVALID_LOCATOR = "E207"
    CONFIG_INVALID_RESILIENCE = "E208"
    CONFIG_INVALID_EXCEPTION_MAPPER = "E209"
    CONFIG_INVALID_RETENTION = "E210"
    BROKER_INVALID_OPTIONS = "E211"
    CONFIG_INVALID_PART = "E212"

    # Registry
    TASK_NOT_REGISTERED = "E300"
    TASK_DUPLICATE_NAME = "E301"

    def __str__(self) -> str:
        return self.value


class HorsiesError(Exception):
    """The root of all errors of horsies.

    `message` is the bare sentence; `str(error)` is the whole diagnostic: `code` (an ErrorCode or None), the place in
    the user's file with an excerpt, `notes` (a tuple of texts), and `help` (a text or None).
    """

    def __init__(
        self,
        message: str,
        *,
        code: ErrorCode | None = None,
        where: SourceLocation | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
    ) -> None:
        # Here, and not only when printed: `message` and `args` end up in other people's logs.
        self.message = redact(message)
        super().__init__(self.message)
        self.code = code
        self.where = where
        self.notes = tuple(redact(note) for note in notes)
        self.help = redact(help) if help is not None else None

    def render(self, *, color: bool = False) -> str:
        """Return the error as a compiler would print it, without a newline at the end."""
        code = self.code.value if self.code else None
        return render_diagnostic(
            self.message, code=code, where=self.where, notes=self.notes, help=self.help, color=color
        )

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        code = f", code={self.code}" if self.code else ""
        return f"{type(self).__name__}({self.message!r}{code})"


class ConfigurationError(HorsiesError, ValueError):
    """A value in the configuration, or on the command line, that cannot be meant."""


class TaskDefinitionError(HorsiesError, TypeError):
    """A function that cannot be a task as it is declared."""


class RegistryError(HorsiesError):
    """A task name that is unknown, or taken."""


class WorkflowValidationError(HorsiesError):
    """A workflow whose graph or arguments cannot work."""


class SerializationError(HorsiesError):
    """A value that cannot be stored, or stored text that does not fit its declared type."""


class BrokerError(HorsiesError):
    """The database could not be reached, or the connection broke.

    `task_ids` are the tasks whose fate is unknown: they may have been recorded. Sending them again under the same
    ids creates nothing twice.
    """

    def __init__(
        self,
        message: str,
        *,
        code: ErrorCode | None = None,
        where: SourceLocation | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
        task_ids: Sequence[str] = (),
    ) -> None:
        super().__init__(message, code=code, where=where, notes=notes, help=help)
        self.task_ids = tuple(task_ids)


class MultipleValidationErrors(HorsiesError, ValueError):
    """Several faults, found in one go. `errors` holds each as it would have been raised alone."""

    def __init__(self, errors: Sequence[HorsiesError], *, subject: str = "the configuration") -> None:
        self.errors = tuple(_flattened(errors))
        super().__init__(f"{len(self.errors)} errors in {subject}")

    def render(self, *, color: bool = False) -> str:
        """Return every fault as a diagnostic, an empty line between them, and a line with their number."""
        return "\n\n".join([*(error.render(color=color) for error in self.errors), super().render(color=color)])


def raise_all(errors: Sequence[HorsiesError], *, subject: str = "the configuration") -> None:
    """Raise the one error as itself, several as MultipleValidationErrors, nothing if there is none."""
    found = tuple(_flattened(errors))
    if len(found) == 1:
        raise found[0]
    if found:
        raise MultipleValidationErrors(found, subject=subject)


def _flattened(errors: Sequence[HorsiesError]) -> Iterator[HorsiesError]:
    for error in errors:
        if isinstance(error, MultipleValidationErrors):
            yield from error.errors
        else:
            yield error
