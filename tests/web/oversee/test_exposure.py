"""What the penal code punishes, and what holds it off: read by whoever answers for the system."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from beffroi.authorise.offences import offences
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/exposition/"


@pytest.mark.parametrize("role", [Role.MAYOR, Role.DPO, Role.CHIEF, Role.INSPECTOR])
def test_whoever_answers_for_the_system_reads_each_offence_with_what_holds_it_off(
    role: Role, client_of: Callable[..., Client]
) -> None:
    page = client_of(role).get(PAGE).content.decode()
    assert not [one.code for one in offences() if one.article not in page]
    assert "PUR-3, PUR-5" in page and "masquées avant affichage" in page


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MAINTAINER, Role.PARTNER])
def test_others_do_not(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403


def test_the_words_follow_the_reader() -> None:
    first = offences()[0]
    with translation.override("en"):
        assert first.label == first.en and first.penalty == first.penalty_en and first.held == first.held_en
