"""French is the source, English is complete."""

from __future__ import annotations

from django.utils import translation

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
