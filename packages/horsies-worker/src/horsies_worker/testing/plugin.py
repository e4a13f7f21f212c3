"""The fixtures. pytest loads this module wherever horsies is installed, so importing it costs next to nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from horsies_client.app import Horsies
    from horsies_worker.testing import InlineWorker, WorkerProcess

# What the fixtures need is imported in them: see above.
# ruff: noqa: PLC0415

_URL_VARIABLE = "HORSIES_TEST_DATABASE_URL"
_INI = "horsies_app"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini(_INI, "The Horsies app that the tests are about, as package.module:app or path/to/file.py:app.")


@pytest.fixture(scope="session")
def horsies_database(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The URL of a PostgreSQL for this run: that of HORSIES_TEST_DATABASE_URL, else an embedded server that is started
    for the run and stopped after it. Parallel runs of pytest-xdist share it.
    """
    url = os.environ.get(_URL_VARIABLE)
    if url:
        yield url
        return
    from horsies_client.embedded import attach
    from horsies_core.errors import ConfigurationError

    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "horsies"
    try:
        server = attach(directory)
    except ConfigurationError as error:
        pytest.fail(f"{error}\n  = note: for tests, {_URL_VARIABLE} names the server to use", pytrace=False)
    with server:
        yield server.url


@pytest.fixture
def horsies_bind(horsies_database: str) -> Generator[Callable[[Horsies], Horsies]]:
    """`bind(app)` binds an app to a new schema until the test ends, and returns it."""
    from horsies_worker.testing.binding import bound

    with ExitStack() as bindings:
        yield lambda app: bindings.enter_context(bound(app, horsies_database))


@pytest.fixture
def horsies_app(request: pytest.FixtureRequest) -> Horsies:
    """The app under test, bound to a new schema: the one that the setting `horsies_app` names.

    Override it for another: `return horsies_bind(app)`.
    """
    locator = request.config.getini(_INI)
    if not locator:
        pytest.fail(
            f'no app: set {_INI} = "package.module:app" in the configuration of pytest,'
            " or override the fixture horsies_app with one that returns horsies_bind(app)",
            pytrace=False,
        )
    from horsies_worker.locator import find_app

    bind = request.getfixturevalue("horsies_bind")
    return bind(find_app(locator, str(request.config.rootpath)))


@pytest.fixture
def horsies_inline(horsies_app: Horsies) -> Generator[InlineWorker]:
    """Runs the app's pending tasks in the test's process, when told to: `horsies_inline.drain()`."""
    from horsies_worker.testing.inline import InlineWorker

    with InlineWorker(horsies_app) as worker:
        yield worker


@pytest.fixture
def horsies_worker(horsies_app: Horsies) -> Generator[WorkerProcess]:
    """A real worker for the app, in processes of its own, from before the test until after it. What it logged is shown
    with a test that failed.
    """
    from horsies_worker.testing.worker_process import WorkerProcess

    with WorkerProcess(horsies_app) as worker:
        yield worker
    print(worker.log)  # noqa: T201 (pytest keeps it, and shows it with a failure)
