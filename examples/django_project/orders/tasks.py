"""What workers do for the shop."""

from dataclasses import dataclass
from uuid import UUID

from django.db import close_old_connections
from horsies import TaskError, TaskResult

from orders.models import Order
from project.queue import queue


@dataclass(frozen=True)
class Confirmation:
    order: UUID
    text: str


@queue.task("confirm_order")
def confirm_order(order_id: UUID) -> TaskResult[Confirmation, TaskError]:
    """Confirm an order, which is there for sure: it was committed together with this task."""
    close_old_connections()  # Before a request Django does this by itself.
    order = Order.objects.get(pk=order_id)
    order.is_confirmed = True
    order.save(update_fields=["is_confirmed"])
    return TaskResult(ok=Confirmation(order.pk, f"{order.quantity} x {order.product_id}"))
