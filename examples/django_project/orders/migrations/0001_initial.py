"""The tables, and something on the shelves."""

from typing import Any
from uuid import uuid4

import django.db.models.deletion
from django.db import migrations, models


def put_on_the_shelves(apps: Any, schema_editor: Any) -> None:
    apps.get_model("orders", "Product").objects.create(name="saddle", stock=100)


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("stock", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.UUIDField(default=uuid4, primary_key=True, serialize=False)),
                ("quantity", models.PositiveIntegerField()),
                ("is_confirmed", models.BooleanField(default=False)),
                ("confirmation_task", models.UUIDField()),
                (
                    "product",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="orders.product"),
                ),
            ],
        ),
        migrations.RunPython(put_on_the_shelves, migrations.RunPython.noop),
    ]
