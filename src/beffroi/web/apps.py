"""Django application of the project itself: templates, translations, event wiring."""

from django.apps import AppConfig
from django.utils.dateformat import DateFormat
from django.utils.translation import get_language


class WebConfig(AppConfig):
    """`web`."""

    name = "beffroi.web"
    label = "web"

    def ready(self) -> None:
        from beffroi.web import wiring

        wiring.connect()
        DateFormat.j = _day_of_month  # type: ignore[assignment, method-assign]


def _day_of_month(shown: DateFormat) -> int | str:
    """What `j` of a date format gives: French counts the first day of a month, « 1er juin », and no other.

    Set in Django's own class: every page, form and message writes its dates through it.
    """
    day: int = shown.data.day  # type: ignore[union-attr]  # of a date, or refused by Django before
    return "1er" if day == 1 and get_language() == "fr" else day
