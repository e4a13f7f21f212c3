"""What workers do for the shop: `horsies worker orders.tasks:queue`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult

from orders.database import DATABASE_URL, transaction

queue = Horsies(AppConfig(broker=PostgresConfig(database_url=DATABASE_URL)))


@dataclass(frozen=True)
class Confirmation:
    order: UUID
    text: str


@queue.task("confirm_order")
def confirm_order(order_id: UUID) -> TaskResult[Confirmation, TaskError]:
    """Confirm an order, which is there for sure: it was committed together with this task."""
    with transaction() as connection:
        order = connection.execute(
            "update orders set is_confirmed = true where id = %s returning product, quantity", [order_id]
        ).fetchone()
    if order is None:
        return TaskResult(err=TaskError(error_code="ORDER_DELETED", message=f"order {order_id} is gone"))
    return TaskResult(ok=Confirmation(order_id, "{quantity} x {product}".format(**order)))
