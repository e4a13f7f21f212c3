"""The queue, in Django's own database: `horsies worker project.queue:queue`."""

import os

import django
from django.apps import apps
from django.conf import settings
from horsies import AppConfig, Horsies, PostgresConfig

# A worker comes here first, and its tasks need models. In the web process Django is set up already.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
if not apps.ready:
    django.setup()

queue = Horsies(AppConfig(broker=PostgresConfig(database_url=settings.DATABASE_URL)))
queue.discover_tasks(["orders.tasks"])
