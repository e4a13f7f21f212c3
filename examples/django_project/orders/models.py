"""The shop's tables."""

from uuid import uuid4

from django.db import models


class Product(models.Model):
    name = models.TextField(primary_key=True)
    stock = models.PositiveIntegerField()


class Order(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField()
    is_confirmed = models.BooleanField(default=False)
    confirmation_task = models.UUIDField()
