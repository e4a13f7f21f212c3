"""horsies: background tasks and workflows on PostgreSQL. Everything a user imports is here."""

from horsies_client import __version__
from horsies_client.app import Horsies
from horsies_client.current_task import CurrentTask, current_task
from horsies_client.handles import TaskHandle
from horsies_client.task import Task
from horsies_client.together import as_completed, as_completed_async, wait_all, wait_all_async
from horsies_core.config import (
    AppConfig,
    CustomQueueConfig,
    PostgresConfig,
    QueueMode,
    RecoveryConfig,
    RetentionConfig,
    WorkerResilienceConfig,
)
from horsies_core.errors import (
    BrokerError,
    ConfigurationError,
    ErrorCode,
    HorsiesError,
    MultipleValidationErrors,
    RegistryError,
    SerializationError,
    TaskDefinitionError,
)
from horsies_core.exception_mapper import ExceptionMapper
from horsies_core.lifecycle import TASK_TERMINAL_STATES, TaskStatus
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult
from horsies_core.retry import RetryPolicy
from horsies_core.task_info import AttemptInfo, TaskInfo

__all__ = [
    "TASK_TERMINAL_STATES",
    "AppConfig",
    "AttemptInfo",
    "BrokerError",
    "ConfigurationError",
    "CurrentTask",
    "CustomQueueConfig",
    "ErrorCode",
    "ExceptionMapper",
    "Horsies",
    "HorsiesError",
    "LibraryErrorCode",
    "MultipleValidationErrors",
    "PostgresConfig",
    "QueueMode",
    "RecoveryConfig",
    "RegistryError",
    "RetentionConfig",
    "RetryPolicy",
    "SerializationError",
    "Task",
    "TaskDefinitionError",
    "TaskError",
    "TaskHandle",
    "TaskInfo",
    "TaskResult",
    "TaskStatus",
    "WorkerResilienceConfig",
    "__version__",
    "as_completed",
    "as_completed_async",
    "current_task",
    "wait_all",
    "wait_all_async",
]
