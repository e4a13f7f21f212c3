"""What a supervisor knows of the user's app, without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from horsies_core.config import AppConfig, QueueMode
from horsies_core.config.transfer import config_from_json
from horsies_core.errors import ConfigurationError, ErrorCode, raise_all


@frozen
class AppFacts:
    """The app's configuration, and its tasks by name with whether each is a coroutine function."""

    config: AppConfig
    tasks: Sequence[tuple[str, bool]]

    @classmethod
    def of(cls, header: dict[str, Any]) -> AppFacts:
        """From what a child said when it had imported the app. Raises ConfigurationError for what this worker cannot
        serve.
        """
        config = config_from_json(header["config"])
        _refuse_what_is_not_kept(config)
        return cls(config, [(name, is_async) for name, is_async in header["tasks"]])


def _refuse_what_is_not_kept(config: AppConfig) -> None:
    """A cap that is set and not kept is worse than none: say so before the first claim."""
    errors = [
        ConfigurationError(f"this version of the worker does not keep {what}", code=code, help=f"leave {setting} out")
        for is_set, what, setting, code in (
            (
                config.queue_mode is not QueueMode.DEFAULT,
                "other queues than the default one",
                "queue_mode and custom_queues",
                ErrorCode.CONFIG_INVALID_QUEUE_MODE,
            ),
            (
                config.cluster_wide_cap is not None,
                "a cap on running tasks",
                "cluster_wide_cap",
                ErrorCode.CONFIG_INVALID_CLUSTER_CAP,
            ),
            (
                config.prefetch_buffer > 0,
                "a prefetch buffer",
                "prefetch_buffer",
                ErrorCode.CONFIG_INVALID_PREFETCH,
            ),
        )
        if is_set
    ]
    raise_all(errors)
