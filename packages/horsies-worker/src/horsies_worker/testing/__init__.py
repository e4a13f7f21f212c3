"""For tests of your tasks. Users import it as `horsies.testing`; pytest finds its fixtures by itself (`plugin`).

Loaded with every run of pytest in an environment that has horsies, so nothing is imported before it is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horsies_worker.testing.binding import bound
    from horsies_worker.testing.inline import InlineWorker, Ran
    from horsies_worker.testing.worker_process import WorkerProcess

__all__ = ["InlineWorker", "Ran", "WorkerProcess", "bound"]

_PLACES = {"InlineWorker": "inline", "Ran": "inline", "WorkerProcess": "worker_process", "bound": "binding"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (see above)

    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
