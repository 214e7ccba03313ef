"""The programme's page, read by the people who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from beffroi.authorise.services import import_town
from beffroi.people.rules import Role
from beffroi.plan.models import Task

ClientOf = Callable[..., Client]


def text_of(client: Client, address: str = "/programme/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    plain = re.sub(r"<(title|style)[^>]*>.*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", plain)


@pytest.fixture
def town(db: None, folder: Path) -> None:
    import_town(folder, start_on=date(2026, 11, 23))


@pytest.mark.usefixtures("town")
def test_the_mayor_reads_33_sites_and_44_cameras(client_of: ClientOf) -> None:
    page = text_of(client_of(Role.MAYOR), "/programme/?le=2026-11-23")
    assert "Lundi 23 novembre 2026. 33 sites sur 33 et 44 caméras sur 44 sont en service." in page
    assert "Phase 1 73 jours de retard" in page
    assert "Phase 4 2 jours d’avance" in page
    assert "1 en service, à corriger : vue réorientée : Gare routière → quais" in page
    assert "Hors cadre : 33, Le Crès, entrée nord-ouest" in page
    assert "position approximative" in page


@pytest.mark.usefixtures("town")
def test_the_programme_is_shown_as_it_stood_on_a_day(client_of: ClientOf) -> None:
    page = text_of(client_of(Role.MAYOR), "/programme/?le=2017-06-12")
    assert "9 sites sur 33 et 13 caméras sur 44 sont en service." in page
    assert "réelle 22 décembre 2017" not in page  # not yet a fact


@pytest.mark.usefixtures("town")
def test_every_site_of_the_map_is_in_the_list(client_of: ClientOf) -> None:
    html = client_of(Role.MAYOR).get("/programme/?le=2026-11-23").content.decode()
    assert html.count('class="mark ') == 34
    listed = html[html.index('id="sites"') :]
    assert listed.count('<div class="cam">') == 48


@pytest.mark.usefixtures("town")
def test_no_style_or_script_is_inline(client_of: ClientOf) -> None:
    html = client_of(Role.MAYOR).get("/programme/").content.decode()
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", html)


@pytest.mark.usefixtures("town")
def test_numbers_of_the_drawing_keep_their_point_in_french(client_of: ClientOf) -> None:
    html = client_of(Role.MAYOR).get("/programme/").content.decode()
    assert re.search(r'transform="translate\(-?\d+\.\d+ -?\d+', html)
    assert not re.search(r'transform="translate\([^)]*,', html)


@pytest.mark.usefixtures("town")
def test_the_page_is_complete_in_english(client_of: ClientOf) -> None:
    client = client_of(Role.MAYOR)
    client.post("/compte/langue/", {"language": "en", "next": "/programme/"})
    page = text_of(client, "/programme/?le=2026-11-23")
    assert "33 of 33 sites and 44 of 44 cameras are in service." in page
    assert "73 days late" in page
    for task in Task.objects.all():  # as the town wrote them
        page = page.replace(task.name, "")
    assert not re.search(r"\b(en service|caméras|prévue|depuis le|retard)\b", page)


def test_a_town_without_a_programme_is_told_the_next_act(client_of: ClientOf) -> None:
    assert "Aucun programme. Importez celui de la ville." in text_of(client_of(Role.MAYOR))


def test_a_day_that_is_none_is_refused_with_the_way_to_write_one(client_of: ClientOf) -> None:
    answer = client_of(Role.MAYOR).get("/programme/?le=hier")
    assert answer.status_code == 400
    assert "écrivez 2017-06-12" in answer.content.decode()


def test_who_has_no_right_to_the_programme_does_not_see_it(client_of: ClientOf) -> None:
    assert client_of().get("/programme/").status_code == 403
