"""The monthly sheet for the council: the figures of the page, what waits, money and reserves, on A4."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pikepdf
import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from beffroi.people.rules import Role
from beffroi.plan import monthly
from beffroi.plan.models import AcceptanceSheet, BudgetEntry, Camera, Reserve, Site
from beffroi.plan.pages import programme_page
from beffroi.plan.works.views import today
from tests.pdf_words import words_of
from tests.web.landed import landed_demo

ClientOf = Callable[..., Client]
PHASE_1_ON = date(2017, 6, 12)


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker, with_facts=False):
        yield


@pytest.fixture
def mayor(landed: None, db: None, client_of: ClientOf) -> Client:
    return client_of(Role.MAYOR)


def printed(browser: Client, asked: str = "") -> str:
    """The words of the sheet, as they are read."""
    answer = browser.get(f"/programme/point-mensuel.pdf{asked}")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        return " ".join(word.text for page in pdf.pages for word in words_of(page)).replace("\u00a0", " ")


@pytest.mark.any_database
def test_the_sheet_is_a_french_a4_that_is_read_aloud_and_counts_as_the_page_does(mayor: Client) -> None:
    answer = mayor.get("/programme/point-mensuel.pdf")
    with pikepdf.open(io.BytesIO(answer.content)) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:conformance"], told["pdfuaid:part"], str(pdf.Root.Lang)) == ("A", "1", "fr")
        assert [round(float(side)) for side in pdf.pages[0].MediaBox[2:]] == [595, 842]
    said, page = printed(mayor), programme_page(today())
    for programme in page.programmes:
        assert f"caméras, {programme.cameras[0]} sur {programme.cameras[1]}" in said
        assert all(phase.figures.name in said for phase in programme.phases)
    assert sum(count for *_, count in page.legend) == sum(row.cameras[1] for row in page.programmes)
    assert "Déposer le renouvellement de l'arrêté R-007" in said
    assert "/programme/point-mensuel.pdf?le=" in mayor.get("/programme/").content.decode()


@pytest.mark.usefixtures("mayor")
def test_the_steps_of_the_month_the_money_and_the_reserves_still_open_are_told() -> None:
    blocks = list(monthly._blocks(programme_page(today()), is_today=True))
    tables = {block["head"][0]: block["rows"] for block in blocks if block["kind"] == "table"}
    voted = sum(BudgetEntry.objects.filter(kind="voted", on__lte=today()).values_list("cents", flat=True))
    assert tables["Lot"][-1][1].replace("\u202f", "") == str(voted // 100)
    camera = Camera.objects.get(number="C47")
    assert not any(camera.name in row[1] for row in tables.get("Jour", ()))
    camera.states.create(step=90, state="declared", on=today())
    site = Site.objects.get(pk=camera.site_id)
    sheet = AcceptanceSheet.objects.create(site=site, opened_on=today())
    late, told = today() - timedelta(days=1), {"sheet": sheet, "owner": "Lot 2", "is_blocking": True}
    Reserve.objects.create(text="Mât à redresser", due_on=late, **told)
    Reserve.objects.create(text="Sol repris", due_on=late, lifted_on=late, **told)
    blocks = list(monthly._blocks(programme_page(today()), is_today=True))
    tables = {block["head"][0]: block["rows"] for block in blocks if block["kind"] == "table"}
    assert any(camera.name in row[1] and row[2] == "déclarée" for row in tables["Jour"])
    (row,) = [row for row in tables["Emplacement"] if row[1] == "Mât à redresser"]
    assert row[2:] == ["Lot 2", row[3], "oui"] and row[3].endswith(": dépassé")
    assert "Sol repris" not in str(tables["Emplacement"])


def test_a_past_day_is_told_as_it_stood_without_the_decisions_of_today(mayor: Client) -> None:
    said = printed(mayor, f"?le={PHASE_1_ON}")
    assert "situation au 12 juin 2017" in said and "13 / 13" in said and "0 / 13" in said
    assert "À décider" not in said and "Déposer le renouvellement" not in said
    assert "Rien n'est voté, engagé ni facturé." in said and "Aucune réserve ouverte." in said


@pytest.mark.usefixtures("mayor")
def test_a_town_without_a_programme_says_so() -> None:
    nothing = replace(programme_page(today()), programmes=(), sites=(), legend=())
    assert "Aucun programme." in str(list(monthly._blocks(nothing, is_today=False)))


def test_whoever_may_not_follow_the_programme_has_no_sheet_and_a_day_that_is_none_is_refused(
    mayor: Client, client_of: ClientOf
) -> None:
    assert client_of(Role.MAINTAINER).get("/programme/point-mensuel.pdf").status_code in (403, 404)
    assert mayor.get("/programme/point-mensuel.pdf?le=hier").status_code == 400
