"""Django application of the project itself: templates, translations, event wiring."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """`web`."""

    name = "beffroi.web"
    label = "web"

    def ready(self) -> None:
        from beffroi.web import wiring

        wiring.connect()
