"""The web application: `uvicorn --factory orders.web:create_app`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, PositiveInt
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from orders.database import Order, Product, Session, engine, prepare
from orders.tasks import Confirmation, confirm_order, queue

router = APIRouter()


def create_app() -> FastAPI:
    app = FastAPI(title="Orders", lifespan=lifespan)
    app.include_router(router)
    return app


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    await prepare()
    async with queue:  # Leaving it closes the queue's connections.
        yield
    await engine.dispose()


class Wish(BaseModel):
    product: str
    quantity: PositiveInt


class PlacedOrder(BaseModel):
    order: UUID


@router.post("/orders", status_code=201)
async def place_order(wish: Wish) -> PlacedOrder:
    """Save an order and send the task that confirms it: both, or neither."""
    async with Session.begin() as session:
        order = Order(id=uuid4(), product=wish.product, quantity=wish.quantity)
        handle = await confirm_order.with_options(connection=session).send_async(order.id)
        order.confirmation_task = UUID(handle.task_id)
        await take_from_stock(session, wish)  # Fails after the task was sent, and yet no worker hears of it.
        session.add(order)
    return PlacedOrder(order=order.id)


@router.get("/orders/{order_id}/confirmation")
async def confirmation(order_id: UUID) -> Confirmation:
    """Wait for the confirmation of an order."""
    async with Session() as session:
        order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(404, "there is no such order")
    # Waiting takes no connection: all that is awaited in this process is heard of on one.
    result = await queue.handle(confirm_order, order.confirmation_task).get_async(timeout_ms=10_000)
    if result.is_err():
        raise HTTPException(503, f"not confirmed yet: {result.err_value.error_code}")
    return result.ok_value


async def take_from_stock(session: AsyncSession, wish: Wish) -> None:
    taken = await session.scalar(
        update(Product)
        .where(Product.name == wish.product, Product.stock >= wish.quantity)
        .values(stock=Product.stock - wish.quantity)
        .returning(Product.name)
    )
    if taken is None:
        raise HTTPException(409, f"there are not {wish.quantity} of '{wish.product}' in stock")
