"""Django application of the agents."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """`people`."""

    name = "beffroi.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from beffroi.people import logins

        logins.connect()
