"""Django application of `territory`."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    """`territory`."""

    name = "beffroi.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"
