"""The configuration of an app: frozen, validated on construction, all faults of an object at once."""

from horsies_core.config.app import AppConfig
from horsies_core.config.postgres import PostgresConfig
from horsies_core.config.queues import CustomQueueConfig, QueueMode
from horsies_core.config.recovery import RecoveryConfig
from horsies_core.config.resilience import WorkerResilienceConfig
from horsies_core.config.retention import RetentionConfig

__all__ = [
    "AppConfig",
    "CustomQueueConfig",
    "PostgresConfig",
    "QueueMode",
    "RecoveryConfig",
    "RetentionConfig",
    "WorkerResilienceConfig",
]
