"""A connection that listens, and can tell that nothing was said."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from attrs import frozen

from tests.support.shop import Shop

_END = "end of transmission"


@frozen
class Radio:
    """Hears one channel."""

    shop: Shop
    channel: str
    connection: psycopg.Connection[Any]

    @classmethod
    @contextmanager
    def tuned_to(cls, shop: Shop, channel: str) -> Generator[Radio]:
        """Listen from here on."""
        with psycopg.connect(shop.url, autocommit=True) as connection:
            connection.execute(f'listen "{channel}"'.encode())
            yield cls(shop, channel, connection)

    def heard(self) -> list[str]:
        """What the shop's connection said until now. Notifications come in the order of commits, so an end mark that
        is heard proves that there was nothing more before it.
        """
        self.shop.query("select pg_notify(%s, %s)", self.channel, _END)
        heard: list[str] = []
        for notification in self.connection.notifies(timeout=10):
            if notification.payload == _END:
                return heard
            heard.append(notification.payload)
        raise AssertionError("the end mark did not arrive")
