"""Accesses of third parties: supposed until the town points them, told apart on the plans, counted to be verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from beffroi.authorise.dossier import accesses, doubts, plans, words
from beffroi.authorise.dossier.accesses import Survey
from beffroi.authorise.dossier.pieces import Doubt
from beffroi.authorise.dossier.plans.sheet import PlanSheet, doors_on
from beffroi.authorise.models import Dossier
from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from beffroi.territory.models import Access
from beffroi.territory.services import change_accesses
from tests.web.landed import START, landed_demo

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker, with_facts=False):
        Access.objects.all().delete()
        yield


@pytest.fixture
def dossier(landed: None, db: None) -> Dossier:
    """Two sites of the town."""
    found = Dossier.objects.create(
        id="two", name="Deux", kind="new", purposes=["safety"], retention_days=15, opened_on=START
    )
    found.cameras.set(Camera.objects.filter(site__in=["s01", "s09"]))
    return found


def sheet(dossier: Dossier, name: str) -> PlanSheet:
    found = plans.sheet_named(dossier, name, TODAY)
    assert found is not None
    return found


def legend_of(made: PlanSheet) -> list[str]:
    return [one.words for one in made.legend if "ccès" in one.words]


def test_accesses_that_nobody_pointed_are_called_supposed_everywhere(dossier: Dossier) -> None:
    for name in ("plan-de-masse-s01", "plan-de-detail-s09"):
        made = sheet(dossier, name)
        assert legend_of(made) == ["Accès supposé, milieu de façade sur rue"]
        assert "supposé" in made.table_title
        assert 'class="supposed"' in made.svg and 'class="door"' not in made.svg
        assert any("sur place" in note for note in made.notes)


def test_as_many_accesses_are_drawn_as_the_table_counts(dossier: Dossier) -> None:
    accesses.record(dossier, "s01", Survey(confirmed=[first_supposed(dossier)]), on=TODAY, by="system")
    for name in ("plan-de-masse-s01", "plan-de-detail-s01", "plan-de-masse-s09"):
        made = sheet(dossier, name)
        drawn = Counter(doors_on(made.svg))
        told = {row[0]: int(row[3].strip("()")) for row in made.table.rows}
        assert {number: count for number, count in told.items() if count} == dict(drawn)


def first_supposed(dossier: Dossier) -> str:
    page = accesses.site_page(dossier, "s01", TODAY)
    assert page is not None
    return next(one.id for one in page.buildings if one.doors and not one.is_surveyed)


def test_a_building_whose_accesses_are_confirmed_shows_them_as_surveyed_and_the_others_stay_supposed(
    dossier: Dossier,
) -> None:
    before = doubts.doubtful(dossier)[0]
    building = first_supposed(dossier)
    added, removed = accesses.record(dossier, "s01", Survey(confirmed=[building]), on=TODAY, by="system")
    assert added and not removed and Access.objects.count() == added
    made = sheet(dossier, "plan-de-masse-s01")
    assert legend_of(made) == ["Accès relevé", "Accès supposé, milieu de façade sur rue"]
    assert 'class="door"' in made.svg and 'class="supposed"' in made.svg
    assert any("1 bâtiment sur" in note for note in made.notes)
    after = doubts.doubtful(dossier)[0]
    assert (after.count, after.of) == (before.count - 1, before.of)
    assert Line.objects.filter(action="accesses.changed").count() == 1


def test_a_pointed_access_is_drawn_on_the_wall_it_is_nearest_to_and_points_out_of_it(dossier: Dossier) -> None:
    page = accesses.site_page(dossier, "s01", TODAY)
    assert page is not None
    accesses.record(dossier, "s01", Survey(confirmed=[first_supposed(dossier)]), on=TODAY, by="system")
    supposed, surveyed = page.buildings, accesses.site_page(dossier, "s01", TODAY)
    assert surveyed is not None
    before = next(one for one in supposed if one.id == first_of(surveyed))
    after = next(one for one in surveyed.buildings if one.is_surveyed)
    assert (before.number, before.doors) == (after.number, after.doors)


def first_of(page: accesses.SitePage) -> str:
    return next(one.id for one in page.buildings if one.is_surveyed)


def test_the_checker_counts_what_is_supposed_without_barring_the_filing(dossier: Dossier) -> None:
    one = doubts.doubtful(dossier)[0]
    assert one.doubt is Doubt.SUPPOSED_ACCESSES and 0 < one.count <= one.of
    assert str(one.count) in words.doubt_sentence(one)
    per_site = [line.guessed.of for line in accesses.site_lines(dossier)]
    assert len(per_site) == 2 and sum(per_site) >= one.of
    seen = sum(len(sheet(dossier, f"plan-de-masse-{site}").table.rows) for site in ("s01", "s09"))
    assert sum(per_site) == seen, "the checker counts the buildings that the plans show"
    dossier.perimeter = {"type": "Polygon", "coordinates": []}
    assert Doubt.SUPPOSED_ACCESSES not in [one.doubt for one in doubts.doubtful(dossier)]


def test_a_place_on_no_facade_is_refused_by_name_and_nothing_changes(dossier: Dossier) -> None:
    with pytest.raises(InvalidInput, match="m from the nearest façade; point it on the façade"):
        change_accesses([(3.0500, 44.2000)], by="system")
    assert not Access.objects.exists() and not Line.objects.filter(action="accesses.changed").exists()


def test_an_access_pointed_twice_is_one_and_can_be_taken_back(dossier: Dossier) -> None:
    building = first_supposed(dossier)
    accesses.record(dossier, "s01", Survey(confirmed=[building]), on=TODAY, by="system")
    found = Access.objects.first()
    assert found is not None
    assert change_accesses([(found.lon, found.lat)], by="system") == (0, 0)
    known = list(Access.objects.values_list("pk", flat=True))
    assert accesses.record(dossier, "s01", Survey(removed=known), on=TODAY, by="system") == (0, len(known))
    assert not Access.objects.exists()


def test_a_clerk_confirms_points_and_takes_back_on_one_page_without_script(
    dossier: Dossier, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(Role.TECHNICAL), "/dossier/two/acces/s01/"
    assert "/dossier/two/acces/s01/" in client.get("/dossier/two/acces/").content.decode()
    assert "/dossier/two/acces/" in client.get("/dossier/two/").content.decode()
    building = first_supposed(dossier)
    page = client.get(address).content.decode()
    assert f'value="{building}"' in page and "plan-de-masse-s01.svg" in page
    assert client.post(address, {"confirmed": [building], "places": ""}).status_code == 302
    found = Access.objects.first()
    assert found is not None
    again = client.get(address).content.decode()
    assert f'name="removed" value="{found.pk}"' in again
    refused = client.post(address, {"places": "44.100091 3.0777"})
    assert refused.status_code in (302, 400)
    wrong = client.post(address, {"places": "ici"})
    assert wrong.status_code == 400 and "Ligne 1" in wrong.content.decode()
    far = client.post(address, {"places": "44.2, 3.05"})
    assert far.status_code == 400 and "façade la plus proche" in far.content.decode()
    assert client.get("/dossier/two/acces/s33/").status_code == 404
    assert client_of(Role.MAYOR).get(address).status_code == 403
