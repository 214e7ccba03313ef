"""One sum, one figure: pages, command and papers that tell the same money tell the same total."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.dossier.documents import money as papers
from beffroi.authorise.dossier.documents.gathered import Asked
from beffroi.authorise.models import Dossier
from beffroi.authorise.services import import_town
from beffroi.cli import plan_size
from beffroi.people.rules import Role
from beffroi.plan import costing
from beffroi.plan.calc.cost import bill
from beffroi.plan.editor.queries import town_rows
from beffroi.plan.models import Camera, Link
from beffroi.plan.scenario.network_answers import SizeAnswer
from beffroi.plan.templatetags.plan_money import euros
from beffroi.plan.works import queries
from beffroi.plan.works.rules import BudgetKind

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
TODAY = date(2026, 11, 30)
NOTHING_YET = date(2000, 1, 1)
"""Before the first camera: all is to be built."""
ClientOf = Callable[..., Client]


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=date(2026, 11, 23))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def whole(landed: None, db: None) -> Asked:
    """A dossier that asks for the whole programme, for thirty days."""
    dossier = Dossier(id="d", retention_days=30)
    return Asked(dossier=dossier, cameras=tuple(Camera.objects.all()), links=tuple(Link.objects.all()))


def test_the_works_money_is_one_on_the_programme_on_its_phase_and_in_the_dossier(
    landed: None, db: None, client_of: ClientOf
) -> None:
    lots = queries.money(TODAY, phase="px")
    mayor = client_of(Role.MAYOR)
    pages = [mayor.get(address).content.decode() for address in ("/programme/", "/programme/phases/px/")]
    for kind in (BudgetKind.VOTED, BudgetKind.COMMITTED, BudgetKind.INVOICED):
        total = euros(sum(lot.cents[kind] for lot in lots))
        assert all(f"<b>{total}</b>" in page for page in pages), kind


def test_the_dossier_of_the_whole_programme_costs_what_the_page_says(whole: Asked) -> None:
    found = costing.sized(TODAY)
    assert found is not None and found.money is not None
    made, page = bill(papers.to_build(whole, NOTHING_YET)), found.money.built
    assert [line.quantity for line in page.lines] == pytest.approx([item.quantity for item in made.items])
    assert page.total_eur.p50 == pytest.approx(made.spread.p50)
    by_camera = papers.by_camera(whole).values()
    assert sum(one.likely for one in by_camera) == pytest.approx(sum(item.eur.likely for item in made.items), rel=2e-3)


def test_the_page_and_the_dossier_ask_the_same_grants(whole: Asked) -> None:
    found = costing.sized(TODAY)
    assert found is not None and found.money is not None
    asked = papers.asked(papers.to_build(whole, NOTHING_YET), len(whole.cameras), TODAY.year)
    assert [one.scheme for one in found.money.grants] == [one.scheme for one in asked.grants]
    assert [one.grant_eur for one in found.money.grants] == pytest.approx([one.grant_eur for one in asked.grants])
    assert {one.scheme for one in asked.grants} == {"fipd", "detr", "dsil"}
    assert found.money.own_eur == pytest.approx(asked.own_eur)


def test_the_command_sizes_the_town_s_cameras_as_its_page_does(whole: Asked, tmp_path: Path) -> None:
    found = costing.sized(TODAY, agents=4)
    rates = {key: tuple(value / 1e6 for value in (one.low, one.likely, one.high)) for key, one in whole.rates.items()}
    rows = [row.model_dump(mode="json", exclude_defaults=True) for row in town_rows()]
    sizing = {"rates_mbit_s": rates, "money": {"year": TODAY.year, "agents": 4}}
    scenario = tmp_path / "town.json"
    scenario.write_text(json.dumps({"crs": "EPSG:4326", "cameras": rows, "sizing": sizing}))
    told = plan_size.answer(argparse.Namespace(scenario=scenario, time_limit=5.0)).document
    assert isinstance(told, SizeAnswer) and told.money is not None
    assert found is not None and found.money is not None
    assert (told.storage, told.nodes, told.video_mbit_s) == (found.storage, found.nodes, found.video_mbit_s)
    lines = {line.name: line for line in found.money.built.lines}
    assert {line.name: line for line in told.money.built.lines} == {
        name: line for name, line in lines.items() if name not in ("street", "cable")
    }


def test_the_page_of_the_cost_says_the_total_of_what_it_lists(landed: None, db: None, client_of: ClientOf) -> None:
    found = costing.sized(TODAY)
    assert found is not None and found.money is not None
    page = client_of(Role.MAYOR).get("/programme/cout/").content.decode().replace("\u202f", " ").replace("\xa0", " ")
    total = f"{round(found.money.built.total_eur.p50, -3):,.0f}".replace(",", " ")
    assert total in page and "DETR" in page and "DSIL" in page
    assert page.count("part à vérifier auprès de la préfecture") >= 3 and "comme lus pour la Moselle en 2022" in page
