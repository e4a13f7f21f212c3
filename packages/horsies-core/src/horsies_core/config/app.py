"""The configuration of an app as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from attrs import field, frozen

from horsies_core.config.postgres import PostgresConfig
from horsies_core.config.queues import CustomQueueConfig, QueueMode
from horsies_core.config.recovery import RecoveryConfig
from horsies_core.config.resilience import WorkerResilienceConfig
from horsies_core.config.retention import RetentionConfig
from horsies_core.error_codes import LibraryErrorCode
from horsies_core.errors import ErrorCode
from horsies_core.exception_mapper import ExceptionMapper, check_default_code, check_exception_mapper
from horsies_core.faults import Faults, is_integer

DEFAULT_CLAIM_LEASE_MS = 5_000


def _frozen_queues(queues: Sequence[CustomQueueConfig] | None) -> Sequence[CustomQueueConfig] | None:
    """Copy the list, so that nobody changes a validated configuration; what is no list is left for the checks."""
    return tuple(queues) if isinstance(cast("object", queues), (list, tuple)) and queues is not None else queues


def _copied_mapper(mapper: ExceptionMapper) -> ExceptionMapper:
    return dict(mapper) if isinstance(cast("object", mapper), Mapping) else mapper


@frozen
class AppConfig:
    """What an app is told once and for all. `AppConfig()` alone is valid.

    Faults are ConfigurationErrors, several together a MultipleValidationErrors.
    """

    broker: PostgresConfig = field(factory=PostgresConfig)
    """The database."""
    queue_mode: QueueMode = QueueMode.DEFAULT
    """DEFAULT: all tasks go to one queue, "default"; CUSTOM: to those of `custom_queues`."""
    custom_queues: Sequence[CustomQueueConfig] | None = field(default=None, converter=_frozen_queues)
    """The queues of mode CUSTOM, at least one, each name once; None in mode DEFAULT."""
    cluster_wide_cap: int | None = None
    """The most tasks that may be CLAIMED or RUNNING in the whole cluster; None: no bound."""
    prefetch_buffer: int = 0
    """How many tasks a worker may hold claimed beyond what it can run."""
    claim_lease_ms: int | None = None
    """How long a prefetched claim stands before others may take it, in milliseconds; only with `prefetch_buffer`, and
    then 5,000 if it is None.
    """
    recovery: RecoveryConfig = field(factory=RecoveryConfig)
    """How soon the tasks of a silent worker are taken from it."""
    resilience: WorkerResilienceConfig = field(factory=WorkerResilienceConfig)
    """What workers do while the database is out of reach."""
    retention: RetentionConfig = field(factory=RetentionConfig)
    """How long finished tasks are kept."""
    exception_mapper: ExceptionMapper = field(
        factory=dict[type[BaseException], str], converter=_copied_mapper, hash=False
    )
    """The error codes of exceptions, by exact class, for tasks whose own mapper has none."""
    default_unhandled_error_code: str = LibraryErrorCode.UNHANDLED_EXCEPTION.value
    """The error code of all other exceptions."""

    def __attrs_post_init__(self) -> None:
        faults = Faults()
        faults.require_part("broker", self.broker, PostgresConfig)
        self._check_queues(faults)
        self._check_claiming(faults)
        faults.require_part("recovery", self.recovery, RecoveryConfig)
        faults.require_part("resilience", self.resilience, WorkerResilienceConfig)
        faults.require_part("retention", self.retention, RetentionConfig)
        check_exception_mapper(faults, self.exception_mapper)
        check_default_code(faults, self.default_unhandled_error_code)
        faults.raise_any()
        if self.prefetch_buffer > 0 and self.claim_lease_ms is None:
            object.__setattr__(self, "claim_lease_ms", DEFAULT_CLAIM_LEASE_MS)

    def _check_queues(self, faults: Faults) -> None:
        code = ErrorCode.CONFIG_INVALID_QUEUE_MODE
        # As objects: not everybody runs a type checker, and these checks are for them.
        mode = cast("object", self.queue_mode)
        queues = cast("object", self.custom_queues)
        if not isinstance(mode, QueueMode):
            message = f"queue_mode must be QueueMode.DEFAULT or QueueMode.CUSTOM, not {mode!r:.80}"
            faults.add(code, message, argument="queue_mode")
        elif mode is QueueMode.CUSTOM and not queues:
            faults.add(
                code,
                "queue_mode is CUSTOM, and custom_queues lists no queue",
                argument="queue_mode" if queues is None else "custom_queues",
                help='add custom_queues=[CustomQueueConfig(name="...")], or leave queue_mode out for the one queue',
            )
        elif mode is QueueMode.DEFAULT and queues is not None:
            faults.add(
                code,
                "custom_queues is given, and queue_mode is DEFAULT",
                argument="custom_queues",
                help="add queue_mode=QueueMode.CUSTOM, or leave custom_queues out",
            )
        if queues is not None:
            _check_listed(faults, queues)

    def _check_claiming(self, faults: Faults) -> None:
        if self.cluster_wide_cap is not None:
            faults.require_integer(
                ErrorCode.CONFIG_INVALID_CLUSTER_CAP, "cluster_wide_cap", self.cluster_wide_cap, minimum=1
            )
        code = ErrorCode.CONFIG_INVALID_PREFETCH
        faults.require_integer(code, "prefetch_buffer", self.prefetch_buffer, minimum=0)
        if self.claim_lease_ms is None:
            return
        faults.require_integer(code, "claim_lease_ms", self.claim_lease_ms, minimum=1)
        if is_integer(self.prefetch_buffer) and self.prefetch_buffer == 0:
            faults.add(
                code,
                "claim_lease_ms is given, and no task is prefetched",
                argument="claim_lease_ms",
                help="set prefetch_buffer to 1 or more, or leave claim_lease_ms out",
            )


def _check_listed(faults: Faults, queues: object) -> None:
    code = ErrorCode.CONFIG_INVALID_QUEUE_MODE
    if not isinstance(queues, tuple):
        message = f"custom_queues must be a list of CustomQueueConfig, not {type(queues).__name__}"
        faults.add(code, message, argument="custom_queues")
        return
    listed = cast("Iterable[object]", queues)
    names: list[str] = []
    for queue in listed:
        if isinstance(queue, CustomQueueConfig):
            names.append(queue.name)
        else:
            message = f"custom_queues must hold CustomQueueConfig only, not {queue!r:.80}"
            faults.add(code, message, argument="custom_queues")
    for name, count in Counter(names).items():
        if count > 1:
            faults.add(code, f"custom_queues names {name!r} {count} times", argument="custom_queues")
