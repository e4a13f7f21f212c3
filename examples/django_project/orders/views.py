"""The pages of the shop."""

import json
from dataclasses import asdict
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from orders.models import Order, Product
from orders.tasks import confirm_order
from project.queue import queue


class OutOfStock(Exception):
    pass


@require_POST
def place_order(request: HttpRequest) -> JsonResponse:
    """Save an order and send the task that confirms it: both, or neither."""
    wish = json.loads(request.body)
    order = Order(id=uuid4(), product_id=wish["product"], quantity=int(wish["quantity"]))
    try:
        with transaction.atomic():
            order.confirmation_task = confirm_order.with_options(connection=connection).send(order.pk).task_id
            take_from_stock(order)  # Fails after the task was sent, and yet no worker hears of it.
            order.save(force_insert=True)
    except OutOfStock as shortage:
        return JsonResponse({"error": str(shortage)}, status=409)
    return JsonResponse({"order": order.pk}, status=201)


@require_GET
def confirmation(request: HttpRequest, order_id: UUID) -> JsonResponse:
    """Wait for the confirmation of an order."""
    order = get_object_or_404(Order, pk=order_id)
    connection.close()  # It is not needed for what may take a while; all that is awaited here is heard of on one.
    result = queue.handle(confirm_order, order.confirmation_task).get(timeout_ms=10_000)
    if result.is_err():
        return JsonResponse({"error": f"not confirmed yet: {result.err_value.error_code}"}, status=503)
    return JsonResponse(asdict(result.ok_value))


def take_from_stock(order: Order) -> None:
    in_stock = Product.objects.filter(pk=order.product_id, stock__gte=order.quantity)
    if not in_stock.update(stock=F("stock") - order.quantity):
        raise OutOfStock(f"there are not {order.quantity} of '{order.product_id}' in stock")
