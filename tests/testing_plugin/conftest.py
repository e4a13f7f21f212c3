"""The fixtures that users have, on the database of this run."""

from __future__ import annotations

import pytest

from horsies import Horsies
from tests.testing_plugin import an_app


@pytest.fixture(scope="session")
def horsies_database(database_url: str) -> str:
    """Not a second server."""
    return database_url


@pytest.fixture
def horsies_app(horsies_bind) -> Horsies:
    """The app of these tests, as a user's conftest.py would say it."""
    return horsies_bind(an_app.app)
