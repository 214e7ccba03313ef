"""Django application of `authorise`."""

from django.apps import AppConfig


class AuthoriseConfig(AppConfig):
    """`authorise`."""

    name = "beffroi.authorise"
    label = "authorise"
    default_auto_field = "django.db.models.BigAutoField"
