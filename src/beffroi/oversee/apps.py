"""Django application of oversight."""

from django.apps import AppConfig


class OverseeConfig(AppConfig):
    """`oversee`."""

    name = "beffroi.oversee"
    label = "oversee"
    default_auto_field = "django.db.models.BigAutoField"
