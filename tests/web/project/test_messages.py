"""French is the source, English is complete."""

from __future__ import annotations

from datetime import date

from django.template import Context, Template
from django.utils import translation
from django.utils.formats import date_format

from beffroi.web import messages


def test_every_sentence_has_its_english() -> None:
    assert messages.missing() == []


def test_no_english_sentence_lost_its_french() -> None:
    assert messages.unused() == []


def test_compiled_english_speaks() -> None:
    messages.compile_all()
    with translation.override("en"):
        assert translation.gettext("Caméras") == "Cameras"
    with translation.override("fr"):
        assert translation.gettext("Caméras") == "Caméras"


def test_the_first_day_of_a_month_is_written_as_french_writes_it_and_only_there() -> None:
    def written(day: date) -> str:
        return Template('{{ day|date:"l j F Y" }}').render(Context({"day": day}))

    assert written(date(2025, 6, 1)) == "dimanche 1er juin 2025"
    assert written(date(2025, 6, 11)) == "mercredi 11 juin 2025"
    assert date_format(date(2025, 9, 1), "j F Y") == "1er septembre 2025"
    with translation.override("en"):
        assert written(date(2025, 6, 1)) == "Sunday 1 June 2025"
