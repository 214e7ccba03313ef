"""Django application of the operation."""

from django.apps import AppConfig


class OperateConfig(AppConfig):
    """`operate`."""

    name = "beffroi.operate"
    label = "operate"
    default_auto_field = "django.db.models.BigAutoField"
