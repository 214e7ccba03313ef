"""Evaluations in the database: sealed once, its hash in the journal, nothing counted before its day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.dates import add_months
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.oversee.evaluation import queries, services
from beffroi.oversee.evaluation.rules import Design
from beffroi.oversee.models import Evaluation
from beffroi.people.rules import Role
from beffroi.plan.models import Phase, Programme
from beffroi.territory.factfile import FactFile
from beffroi.territory.models import Town, Zone
from beffroi.territory.repeats import Alike
from beffroi.territory.services import import_facts, remove_zone

pytestmark = pytest.mark.django_db


@pytest.fixture
def design(town: Town) -> Design:
    today = timezone.localdate()
    programme = Programme.objects.create(id="p", rank=1, name="Programme", decided_on=today)
    starts_on, works_on = today + timedelta(days=30), today + timedelta(days=10)
    Phase.objects.create(id="p1", programme=programme, rank=1, name="Phase 1", starts_on=works_on, planned_on=starts_on)
    for number in (1, 2):
        square = {"type": "Polygon", "coordinates": [[[3, 44], [3.1, 44], [3.1, 44.1], [3, 44]]]}
        Zone.objects.create(id=f"z{number}", number=number, name=f"Zone {number}", shape=square, proposer="ville",
                            purpose="safety")  # fmt: skip
    return Design(phase="p1", outcomes=("damage",), treated=("z1",), control=("z2",), displacement=(),
                  starts_on=starts_on, before_months=36, after_months=12)  # fmt: skip


def facts(design: Design, *, months: range, each: int) -> None:
    """So many facts a month in both zones."""
    days = [add_months(design.starts_on, month) - timedelta(days=5) for month in months]
    rows = [f"tag;{day};{zone}" for day in days for zone in ("z1", "z2") for _ in range(each)]
    made = FactFile(name="f.csv", text="nature;date;zone\n" + "\n".join(rows), source="ville")
    import_facts(made, by="system", alike=Alike.COUNT)


def test_a_plan_is_sealed_once_and_its_hash_is_a_line(design: Design) -> None:
    row = services.register(design, by="system")
    assert row.sha256 in Line.objects.get(action="evaluation.registered").detail
    with pytest.raises(Conflict, match="registered already"):
        services.register(design, by="system")


def test_an_unknown_zone_is_refused(design: Design) -> None:
    object.__setattr__(design, "control", ("z9",))
    with pytest.raises(InvalidInput, match="control: z9 does not exist"):
        services.register(design, by="system")


def test_power_comes_from_the_past_and_nothing_is_counted_before_its_day(design: Design) -> None:
    facts(design, months=range(-35, 0), each=2)
    view = queries.view_of(services.register(design, by="system"), timezone.localdate())
    assert view.power.smallest_fall is not None
    assert 0.3 < view.power.smallest_fall < 0.8
    assert view.counts is None
    late = queries.view_of(view.row, design.after[1])
    assert late.counts is not None
    assert late.result is not None


def test_it_is_registered_in_the_browser_after_its_power_was_seen(
    design: Design, client_of: Callable[..., Client]
) -> None:
    browser = client_of(Role.TECHNICAL)
    form = {"phase": "p1", "outcomes": ["damage"], "treated": ["z1"], "control": ["z2"], "before_months": 36,
            "after_months": 12, "starts_on": design.starts_on.isoformat()}  # fmt: skip
    looked = browser.post("/evaluation/inscrire/", form | {"look": "1"})
    assert looked.status_code == 200
    assert not Evaluation.objects.exists()
    assert browser.post("/evaluation/inscrire/", form | {"register": "1"}).status_code == 302
    page = client_of(Role.MAYOR).get("/evaluation/").content.decode()
    assert Evaluation.objects.get().sha256 in page
    assert "Trop peu de faits" in page


def test_test_and_power_are_sealed_with_the_plan_and_a_change_behind_its_back_is_told(design: Design) -> None:
    facts(design, months=range(-35, 0), each=2)
    row = services.register(design, by="system")
    assert (row.test, row.power) == ("res-95", asdict(queries.power_before(design, timezone.localdate())))
    facts(design, months=range(-36, -34), each=90)
    view = queries.view_of(Evaluation.objects.get(), timezone.localdate())
    assert view.is_whole and asdict(view.power) == row.power
    Evaluation.objects.update(control=["z1"])
    assert not queries.view_of(Evaluation.objects.get(), timezone.localdate()).is_whole


def test_works_that_began_close_the_door_and_the_phases_page_says_it(
    design: Design, client_of: Callable[..., Client]
) -> None:
    page = client_of(Role.MAYOR).get("/programme/phases/p1/").content.decode()
    assert "À inscrire avant les travaux" in page
    assert "Trop peu de faits" in page or "Seule une baisse" in page
    Phase.objects.update(starts_on=timezone.localdate())
    with pytest.raises(InvalidInput, match="phase began on"):
        services.register(design, by="system")
    page = client_of(Role.MAYOR).get("/programme/phases/p1/").content.decode()
    assert "aucun chiffre d&#x27;effet ne peut être donné" in page or "aucun chiffre d'effet ne peut être donné" in page


def test_a_correction_is_seen_on_both_plans(design: Design, client_of: Callable[..., Client]) -> None:
    first = services.register(design, by="system")
    Phase.objects.update(starts_on=timezone.localdate())
    second = replace(design, after_months=24, corrects=first.pk, reason="hiver trop doux")
    services.register(second, by="system")
    page = client_of(Role.MAYOR).get("/evaluation/").content.decode()
    assert all(said in page for said in ("Corrigée le", "hiver trop doux", "après le début des travaux", first.pk))


def test_a_zone_that_a_sealed_plan_names_stays(design: Design) -> None:
    services.register(design, by="system")
    with pytest.raises(Conflict, match="is named by"):
        remove_zone("z2", by="system")
    assert Zone.objects.count() == 2
