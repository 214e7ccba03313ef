"""Django application of the journal."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """`journal`."""

    name = "beffroi.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
