"""The codes an unsuccessful result can carry: those of the library, and the form of a user's own."""

from __future__ import annotations

import re
from enum import Enum

_UPPER_SNAKE_CASE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")


class LibraryErrorCode(str, Enum):
    """A code that horsies itself puts into a `TaskError`. Equal to its own text: `LibraryErrorCode.X == "X"`."""

    # The task ran, or was about to
    UNHANDLED_EXCEPTION = "UNHANDLED_EXCEPTION"
    """The task raised, and no exception mapper named a code."""
    TASK_EXCEPTION = "TASK_EXCEPTION"
    """The function returned something that is not a `TaskResult`."""
    RETURN_TYPE_MISMATCH = "RETURN_TYPE_MISMATCH"
    """The `ok` value does not fit the declared type."""
    ARGUMENT_DECODE_ERROR = "ARGUMENT_DECODE_ERROR"
    """The stored arguments do not fit the function's signature any more."""
    WORKER_SERIALIZATION_ERROR = "WORKER_SERIALIZATION_ERROR"
    """The result could not be encoded."""
    WORKER_RESOLUTION_ERROR = "WORKER_RESOLUTION_ERROR"
    """No worker knew the task's name for longer than the grace period."""
    WORKER_CRASHED = "WORKER_CRASHED"
    """The process running the task died."""
    TASK_TIMEOUT = "TASK_TIMEOUT"
    """The task ran past its time limit."""
    TASK_CANCELLED = "TASK_CANCELLED"
    """The task was cancelled before it ended by itself."""
    TASK_EXPIRED = "TASK_EXPIRED"
    """`good_until` passed before the task started."""

    # Asking for a result
    WAIT_TIMEOUT = "WAIT_TIMEOUT"
    """The waiting ended; the task goes on."""
    TASK_NOT_FOUND = "TASK_NOT_FOUND"
    """No task has this id, or it is not kept any longer."""
    RESULT_NOT_AVAILABLE = "RESULT_NOT_AVAILABLE"
    """The stored result does not fit the declared type of this program."""
    RESULT_NOT_READY = "RESULT_NOT_READY"
    """The task has not ended."""
    BROKER_ERROR = "BROKER_ERROR"
    """The database could not be reached while waiting."""
    SEND_SUPPRESSED = "SEND_SUPPRESSED"
    """Sent while a worker or `check` was importing the module: nothing was enqueued."""

    # Workflows
    UPSTREAM_SKIPPED = "UPSTREAM_SKIPPED"
    """A node that this one depends on did not succeed."""
    WORKFLOW_CTX_MISSING_ID = "WORKFLOW_CTX_MISSING_ID"
    """The context was asked for a node that it does not hold."""
    WORKFLOW_SUCCESS_CASE_NOT_MET = "WORKFLOW_SUCCESS_CASE_NOT_MET"
    """The workflow ended, and none of its success cases holds."""
    WORKFLOW_CONDITION_EVALUATION_ERROR = "WORKFLOW_CONDITION_EVALUATION_ERROR"
    """`skip_when` or `run_when` raised."""
    WORKFLOW_CONDITION_SKIP_WHEN_TRUE = "WORKFLOW_CONDITION_SKIP_WHEN_TRUE"
    """`skip_when` said to skip the node."""
    WORKFLOW_CONDITION_RUN_WHEN_FALSE = "WORKFLOW_CONDITION_RUN_WHEN_FALSE"
    """`run_when` said not to run the node."""
    SUBWORKFLOW_FAILED = "SUBWORKFLOW_FAILED"
    """The workflow of a sub-workflow node failed."""
    WORKFLOW_PAUSED = "WORKFLOW_PAUSED"
    """The workflow stands still until it is resumed."""
    WORKFLOW_CANCELLED = "WORKFLOW_CANCELLED"
    """The workflow was cancelled."""

    def __str__(self) -> str:
        return self.value


_LIBRARY_CODES = {code.value: code for code in LibraryErrorCode}


def library_code(code: str) -> LibraryErrorCode | None:
    """Return the library's code of this text, or None if it is not one of the library's."""
    return _LIBRARY_CODES.get(code)


def is_error_code(code: str) -> bool:
    """Tell whether `code` has the form of an error code, the library's or a user's: UPPER_SNAKE_CASE."""
    return _UPPER_SNAKE_CASE.fullmatch(code) is not None


def is_user_code(code: str) -> bool:
    """Tell whether `code` may be a user's own: UPPER_SNAKE_CASE, and none of the library's."""
    return is_error_code(code) and library_code(code) is None
