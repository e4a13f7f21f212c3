"""The worker: claims tasks and runs them in child processes.

from horsies_worker import Worker
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horsies_worker.worker import Worker

__all__ = ["Worker"]


def __getattr__(name: str) -> Any:
    # Lazily, because children import this package too, and have no use for a supervisor and its database driver.
    if name == "Worker":
        from horsies_worker.worker import Worker  # noqa: PLC0415 (see above)

        return Worker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
