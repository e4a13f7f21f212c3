"""The shop's tables. The queue has its own in the same database, which is what lets one transaction hold both."""

from __future__ import annotations

import os
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, make_url
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

DATABASE_URL = os.environ["DATABASE_URL"]

engine = create_async_engine(
    make_url(DATABASE_URL).set(drivername="postgresql+psycopg"), pool_size=5, max_overflow=0, pool_pre_ping=True
)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Table(DeclarativeBase):
    pass


class Product(Table):
    __tablename__ = "products"

    name: Mapped[str] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Order(Table):
    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    product: Mapped[str] = mapped_column(ForeignKey(Product.name))
    quantity: Mapped[int]
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    confirmation_task: Mapped[UUID]


async def prepare() -> None:
    """Make the tables, and put something on the shelves."""
    async with engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
        await connection.execute(insert(Product).values(name="saddle", stock=100).on_conflict_do_nothing())
