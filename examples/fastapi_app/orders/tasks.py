"""What workers do for the shop: `horsies worker orders.tasks:queue`."""

from __future__ import annotations

from uuid import UUID

from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult
from pydantic import BaseModel

from orders.database import DATABASE_URL, Order, Session

queue = Horsies(AppConfig(broker=PostgresConfig(database_url=DATABASE_URL)))


class Confirmation(BaseModel):
    order: UUID
    text: str


@queue.task("confirm_order")
async def confirm_order(order_id: UUID) -> TaskResult[Confirmation, TaskError]:
    """Confirm an order, which is there for sure: it was committed together with this task."""
    async with Session.begin() as session:
        order = await session.get_one(Order, order_id)
        order.is_confirmed = True
        return TaskResult(ok=Confirmation(order=order.id, text=f"{order.quantity} x {order.product}"))
