"""The web application: `flask --app orders.web run`."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
from flask import Blueprint, Flask, Response, abort, jsonify, request

from orders.database import prepare, transaction
from orders.tasks import confirm_order, queue

pages = Blueprint("orders", __name__)


def create_app() -> Flask:
    prepare()
    app = Flask(__name__)
    app.register_blueprint(pages)
    return app


@pages.post("/orders")
def place_order() -> tuple[dict[str, UUID], int]:
    """Save an order and send the task that confirms it: both, or neither."""
    order_id, product, quantity = uuid4(), str(request.json["product"]), int(request.json["quantity"])
    with transaction() as connection:
        handle = confirm_order.with_options(connection=connection).send(order_id)
        take_from_stock(connection, product, quantity)  # Fails after the task was sent, and yet no worker hears of it.
        connection.execute(
            "insert into orders (id, product, quantity, confirmation_task) values (%s, %s, %s, %s)",
            [order_id, product, quantity, handle.task_id],
        )
    return {"order": order_id}, 201


@pages.get("/orders/<uuid:order_id>/confirmation")
def confirmation(order_id: UUID) -> Response:
    """Wait for the confirmation of an order."""
    with transaction() as connection:
        order = connection.execute("select confirmation_task from orders where id = %s", [order_id]).fetchone()
    if order is None:
        abort(404, "there is no such order")
    # Waiting takes no connection: all that is awaited in this process is heard of on one.
    result = queue.handle(confirm_order, order["confirmation_task"]).get(timeout_ms=10_000)
    if result.is_err():
        abort(503, f"not confirmed yet: {result.err_value.error_code}")
    return jsonify(result.ok_value)


def take_from_stock(connection: psycopg.Connection[Any], product: str, quantity: int) -> None:
    taken = connection.execute(
        "update products set stock = stock - %(quantity)s where name = %(product)s and stock >= %(quantity)s",
        {"product": product, "quantity": quantity},
    )
    if taken.rowcount == 0:
        abort(409, f"there are not {quantity} of '{product}' in stock")
