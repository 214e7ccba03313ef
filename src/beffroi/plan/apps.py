"""Django application of `plan`."""

from django.apps import AppConfig


class PlanConfig(AppConfig):
    """`plan`."""

    name = "beffroi.plan"
    label = "plan"
    default_auto_field = "django.db.models.BigAutoField"
