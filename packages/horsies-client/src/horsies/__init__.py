"""horsies: background tasks and workflows on PostgreSQL. Everything a user imports is here."""

from horsies_client import __version__
from horsies_client.app import Horsies
from horsies_client.handles import TaskHandle
from horsies_client.task import Task
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
from horsies_core.lifecycle import TASK_TERMINAL_STATES, TaskStatus
from horsies_core.result import LibraryErrorCode, TaskError, TaskResult
from horsies_core.retry import RetryPolicy

__all__ = [
    "TASK_TERMINAL_STATES",
    "AppConfig",
    "BrokerError",
    "ConfigurationError",
    "CustomQueueConfig",
    "ErrorCode",
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
    "TaskResult",
    "TaskStatus",
    "WorkerResilienceConfig",
    "__version__",
]
