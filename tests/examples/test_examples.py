"""The examples run as their READMEs say, and keep what they promise: an order and its task, both or neither."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.example_site import Example, Site

CUSTOMERS = 16
# With the most connections that its web process may hold: the shop's own, and two of horsies.
EXAMPLES = {
    Example("fastapi_app"): 5 + 2,
    Example("flask_app"): 5 + 2,
    Example("django_project", port=("127.0.0.1:0", "--noreload")): CUSTOMERS + 2,
}
OLDEST_POSTGRES_OF_DJANGO = 140_000


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda example: example.name)
def example(request: pytest.FixtureRequest, database_url: str) -> Example:
    example: Example = request.param
    with psycopg.connect(database_url) as connection:
        version = connection.info.server_version
    if example.name == "django_project" and version < OLDEST_POSTGRES_OF_DJANGO:
        pytest.skip("Django wants a newer PostgreSQL")
    return example


@pytest.fixture(scope="module")
def site(example: Example, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with Site.run(example, database_url, tmp_path_factory.mktemp(example.name)) as site:
        yield site


def order(site: Site, quantity: int) -> httpx.Response:
    return site.http.post("/orders", json={"product": "saddle", "quantity": quantity})


def confirmation(site: Site, order_id: str) -> httpx.Response:
    return site.http.get(f"/orders/{order_id}/confirmation")


def shop_of(site: Site) -> dict[str, int]:
    """What anyone can see of the shop."""
    return {
        "orders": site.count("select count(*) from " + table_of(site, "orders")),
        "stock": site.count("select stock from " + table_of(site, "products")),
        "tasks": site.count("select count(*) from horsies.all_tasks"),
    }


def table_of(site: Site, name: str) -> str:
    """Django puts the name of the application before that of the model."""
    is_django = site.count("select count(*) from pg_tables where tablename = 'django_migrations'")
    return {"orders": "orders_order", "products": "orders_product"}[name] if is_django else name


def test_an_order_is_saved_with_its_task_and_confirmed_by_a_worker(site: Site) -> None:
    before = shop_of(site)
    placed = order(site, 2)
    assert placed.status_code == 201, placed.text
    order_id = placed.json()["order"]

    confirmed = confirmation(site, order_id)
    assert confirmed.status_code == 200, confirmed.text
    assert confirmed.json() == {"order": order_id, "text": "2 x saddle"}
    assert shop_of(site) == {
        "orders": before["orders"] + 1,
        "stock": before["stock"] - 2,
        "tasks": before["tasks"] + 1,
    }
    assert site.count(f"select count(*) from {table_of(site, 'orders')} where id = '{order_id}' and is_confirmed") == 1


def test_an_order_that_fails_after_its_task_was_sent_leaves_neither(site: Site) -> None:
    before = shop_of(site)
    refused = order(site, 101)
    assert refused.status_code == 409, refused.text
    assert "not 101 of" in refused.text
    assert shop_of(site) == before


def test_there_is_no_confirmation_of_what_was_never_ordered(site: Site) -> None:
    assert confirmation(site, str(uuid4())).status_code == 404


def test_many_customers_at_once_are_served_with_the_connections_that_the_readme_tells(
    site: Site, example: Example
) -> None:
    def order_and_wait(_: int) -> int:
        return confirmation(site, order(site, 1).json()["order"]).status_code

    most = 0
    with ThreadPoolExecutor(CUSTOMERS) as customers:
        answers = [customers.submit(order_and_wait, number) for number in range(2 * CUSTOMERS)]
        while not all(answer.done() for answer in answers):
            most = max(most, site.connections())
    assert {answer.result() for answer in answers} == {200}
    assert 2 <= most <= EXAMPLES[example]
