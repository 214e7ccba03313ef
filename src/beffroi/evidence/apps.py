"""Django application of evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """`evidence`."""

    name = "beffroi.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
