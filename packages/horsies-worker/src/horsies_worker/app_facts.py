"""What a supervisor knows of the user's app, without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from horsies_core.config import AppConfig, QueueMode
from horsies_core.config.transfer import config_from_json
from horsies_core.errors import ConfigurationError, ErrorCode


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
        if config.queue_mode is not QueueMode.DEFAULT:
            raise ConfigurationError(
                "this version of the worker serves queue_mode DEFAULT only",
                code=ErrorCode.CONFIG_INVALID_QUEUE_MODE,
                help="leave queue_mode and custom_queues out of AppConfig for now",
            )
        return cls(config, [(name, is_async) for name, is_async in header["tasks"]])
