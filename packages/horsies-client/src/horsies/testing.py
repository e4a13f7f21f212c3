"""For tests of your tasks: what stands behind the fixtures that pytest has where horsies is installed.

    from horsies.testing import InlineWorker, Ran, WorkerProcess, bound

The client ships this name, the worker what it stands for: running tasks is the worker's business.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horsies_worker.testing import InlineWorker, Ran, WorkerProcess, bound

__all__ = ["InlineWorker", "Ran", "WorkerProcess", "bound"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Lazily, and by name: the client does without the worker, and is installed without it.
    import importlib

    try:
        place = importlib.import_module("horsies_worker.testing")
    except ModuleNotFoundError as error:
        if error.name != "horsies_worker":
            raise
        message = "horsies.testing runs tasks, and the worker is not installed: pip install horsies-worker"
        raise ModuleNotFoundError(message, name=error.name) from error
    return getattr(place, name)
