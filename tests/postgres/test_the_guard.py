"""The trigger of the test database, itself."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.shop import Shop


def test_an_undeclared_move_is_refused(shop: Shop) -> None:
    task = shop.enqueue()
    with pytest.raises(psycopg.errors.RaiseException, match="undeclared move"):
        shop.query("update {schema}.tasks set status = 'CLAIMED' where id = %s", task.id)


def test_a_pending_task_cannot_vanish(shop: Shop) -> None:
    task = shop.enqueue()
    with pytest.raises(psycopg.errors.RaiseException, match="undeclared move"):
        shop.query("delete from {schema}.tasks where id = %s", task.id)
