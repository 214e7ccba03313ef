"""Fibre and cost as pages: arms traced to the CSU, whom a cut isolates, which phase waits, money as ranges."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.people.rules import Role
from beffroi.plan import costing, fibre
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.models import Camera, Link, MeasuredWeek, Task
from beffroi.territory.factfile import FactFile
from beffroi.territory.models import PublicBuilding, Zone
from beffroi.territory.services import import_facts

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=date(2026, 11, 23))
        yield
        transaction.set_rollback(True)


def test_all_buildings_and_sites_of_the_demo_reach_the_csu(landed: None, db: None) -> None:
    found = fibre.fibre_on(TODAY)
    assert found.csu is not None and found.csu.pk == "b04"
    assert len(found.arms) == 35 + 33 + 2 and not found.cut_off
    far = max(found.arms, key=lambda row: row.length_m)
    near = next(row for row in found.arms if row.id == "b01")
    assert far.length_m > near.length_m > 100 and far.hours_lost > near.hours_lost > 0


def test_the_phases_wait_for_the_links_they_need_and_for_no_other(landed: None, db: None) -> None:
    before = fibre.fibre_on(date(2018, 9, 10))
    p3 = {one.on_phase: one.stretches for one in before.waits if one.phase == "p3"}
    assert set(p3) == {"p3"} and "f54" in p3["p3"]
    p4 = {one.on_phase for one in before.waits if one.phase == "p4"}
    assert "p4" in p4 and "p1" not in p4
    assert {one.phase for one in fibre.fibre_on(TODAY).waits} == {"px"}


def test_states_add_up_to_the_whole_length(landed: None, db: None) -> None:
    found = fibre.fibre_on(date(2018, 9, 25))
    total = sum(found.total_m(state) for state in FibreState)
    assert total == pytest.approx(sum(link.length_m for link in Link.objects.all()))
    assert found.total_m(FibreState.LAID) > 0
    assert found.bill.items[0].quantity == pytest.approx(total)


def test_a_cut_isolates_what_hangs_behind_it_and_a_second_way_saves_it(landed: None, db: None) -> None:
    rows = {row.link.pk: row for row in fibre.fibre_on(TODAY).links}
    assert len(rows["f54"].behind) == 5  # the quays hang one behind the other, from Le Voultre on
    assert rows["f61"].behind == ("Parking de la Grave",)
    ends = {key: Link.objects.get(pk=key).shape["coordinates"][-1] for key in ("f61", "f01")}
    Link.objects.create(
        id="f99", name="Bouclage", phase_id="px", from_end="s27", to_end="b01", length_m=900, planned_on=TODAY,
        shape={"type": "LineString", "coordinates": [ends["f61"], ends["f01"]]},
    )  # fmt: skip
    saved = {row.link.pk: row for row in fibre.fibre_on(TODAY).links}
    assert saved["f61"].behind == () and "Quai Sully-Chaliès" not in saved["f54"].behind


def test_links_that_run_beside_one_another_are_told_with_their_metres_and_radio_digs_nothing(
    landed: None, db: None
) -> None:
    link = Link.objects.get(pk="f54")
    spots = [[lon + 0.00002, lat] for lon, lat in link.shape["coordinates"]]  # 1.6 m to the east
    Link.objects.create(
        id="f97", name="Fourreau voisin", phase_id="px", from_end="j-a", to_end="j-b", length_m=link.length_m,
        planned_on=TODAY, ground="duct", shape={"type": "LineString", "coordinates": spots},
    )  # fmt: skip
    found = fibre.fibre_on(TODAY)
    beside = [one for one in fibre.corridors(found) if "Fourreau voisin" in one.names]
    assert sum(one.length_m for one in beside) > 0.8 * link.length_m
    before = {item.name: item.quantity for item in found.bill.items}
    Link.objects.filter(pk="f54").update(medium="radio")
    after = {item.name: item.quantity for item in fibre.fibre_on(TODAY).bill.items}
    assert before["street"] - after["street"] == pytest.approx(link.length_m)
    assert after["duct"] == before["duct"] == link.length_m


def test_a_second_way_in_the_same_street_saves_nobody_from_one_excavator_and_the_page_says_so(
    landed: None, db: None, client_of: Callable[..., Client]
) -> None:
    link = Link.objects.get(pk="f61")
    Link.objects.create(
        id="f96", name="Doublure", phase_id="px", from_end=link.from_end, to_end=link.to_end, length_m=link.length_m,
        planned_on=TODAY, shape=link.shape,
    )  # fmt: skip
    found = fibre.fibre_on(TODAY)
    assert next(row for row in found.links if row.link.pk == "f61").behind == ()
    (both,) = [one for one in fibre.corridors(found) if set(one.names) == {link.name, "Doublure"}]
    assert both.more and both.behind == ("Parking de la Grave",)
    assert "Bras Parking de la Grave + Doublure" in client_of(Role.MAYOR).get("/programme/fibre/").content.decode()


def test_a_point_that_is_lit_waits_for_no_shorter_way_that_is_planned(landed: None, db: None) -> None:
    centre, far = fibre.fibre_on(TODAY), Link.objects.get(pk="f61")
    start = Link.objects.get(pk="f01").shape["coordinates"][0]
    Link.objects.create(
        id="f95", name="Raccourci", phase_id="px", from_end="b04", to_end="s27", length_m=10, planned_on=TODAY,
        shape={"type": "LineString", "coordinates": [start, far.shape["coordinates"][-1]]},
    )  # fmt: skip
    found = fibre.fibre_on(TODAY)
    arms = {row.id: row.state for row in found.arms}
    assert arms["s27"] is FibreState.LIT and found.waits == centre.waits


def test_a_link_that_leaves_another_between_two_vertices_is_joined_to_it(landed: None, db: None) -> None:
    trunk = Link.objects.get(pk="f54").shape["coordinates"]
    middle = [(a + b) / 2 for a, b in zip(trunk[0], trunk[1], strict=True)]
    Task.objects.filter(link="f69").update(link=None)
    Link.objects.create(
        id="f98", name="Antenne", phase_id="px", from_end="j-essai", to_end="sb", length_m=90,
        planned_on=TODAY, shape={"type": "LineString", "coordinates": [middle, [middle[0] + 0.001, middle[1]]]},
    )  # fmt: skip
    Link.objects.filter(pk="f69").delete()
    assert "sb" in {row.id for row in fibre.fibre_on(TODAY).arms}


def test_a_point_that_nothing_joins_is_named_and_without_a_csu_nothing_is_traced(landed: None, db: None) -> None:
    Link.objects.filter(pk="f54").delete()
    assert "Le Voultre" in fibre.fibre_on(TODAY).cut_off
    PublicBuilding.objects.filter(pk="b04").update(is_centre=False)
    bare = fibre.fibre_on(TODAY)
    assert bare.csu is None and not bare.arms and not bare.cut_off and len(bare.links) == 68


def test_the_page_says_it_in_both_languages_to_who_reads_the_programme(
    landed: None, db: None, client_of: Callable[..., Client]
) -> None:
    mayor = client_of(Role.MAYOR)
    page = mayor.get("/programme/fibre/").content.decode()
    assert "rejoignent le CSU" in page and "Rue du Voultre" in page and "attend" in page
    assert "en retard" in page and "charge au pire" in page and "<script" not in page
    mayor.cookies["django_language"] = "en"
    assert "/programme/fibre/" in mayor.get("/programme/").content.decode()


def test_the_cost_of_the_programme_is_told_as_ranges_and_without_agents_it_says_what_is_missing(
    landed: None, db: None, client_of: Callable[..., Client]
) -> None:
    mayor = client_of(Role.MAYOR)
    bare = mayor.get("/programme/cout/").content.decode()
    assert "48 caméras" in bare and "le premier poste de dépense manque" in bare and "huit fois sur dix" in bare
    assert "Règles d" in bare and ("Moselle" in bare or "Isère" in bare)
    staffed = mayor.get("/programme/cout/?agents=4,5").content.decode()
    assert "le premier poste" not in staffed and "Agents<br>" in staffed
    assert mayor.get("/programme/cout/?agents=beaucoup").status_code == 400


def test_the_cost_page_says_how_many_cameras_are_measured_and_counts_on_them(
    landed: None, db: None, client_of: Callable[..., Client]
) -> None:
    mayor, before = client_of(Role.MAYOR), costing.sized(TODAY)
    bare = html.unescape(mayor.get("/programme/cout/").content.decode())
    assert "Aucune caméra mesurée" in bare
    assert bare.count("débits : table des fabricants ; prix : table") == 3
    for camera in ("c01", "c03"):
        MeasuredWeek.objects.create(camera_id=camera, to_on=TODAY, mean_mbit_s=40, p95_mbit_s=50, source="essai")
    after = costing.sized(TODAY)
    assert before and after and after.video_mbit_s.high > before.video_mbit_s.high + 50
    page = html.unescape(mayor.get("/programme/cout/").content.decode())
    assert "2 caméras sur 48 comptées" in page
    assert page.count("débits : mesurés pour 2 caméras, table pour 46 ; prix : table") == 3, "years, recorders, disks"
    assert page.count("mesure : semaine au") == 2 and page.count('<span class="soft">table des fabricants</span>') == 46
    assert "longueurs : plan ; prix : table" in page
    assert "Semaines mesurées" not in page, "who does not configure is not sent there"
    assert "Semaines mesurées" in client_of(Role.TECHNICAL).get("/programme/cout/").content.decode()


def test_the_town_is_sized_as_the_command_would(landed: None, db: None) -> None:
    found = costing.sized(TODAY, agents=4)
    assert found is not None and found.money is not None
    assert [one.days for one in found.storage] == [15, 30]
    assert found.storage[1].net_tb.high == pytest.approx(2 * found.storage[0].net_tb.high)
    lines = {line.name: line.quantity for line in found.money.built.lines}
    assert (lines["camera"], lines["mast"]) == (48, 35) and lines["street"] == pytest.approx(lines["cable"])
    assert found.money.by_kind_eur["staff"].p50 > found.money.by_kind_eur["camera"].p50


def test_a_zone_is_told_with_what_its_cameras_cost_and_its_share_of_the_facts(
    landed: None, db: None, client_of: Callable[..., Client]
) -> None:
    facts = FactFile(name="facts.csv", text=(DEMO_TOWN / "facts.csv").read_text(), source="jeu fictif")
    import_facts(facts, by="system")
    money = [costing.zone_money(zone.pk, TODAY) for zone in Zone.objects.all()]
    assert sum(one.traced.cost.likely for one in money) == pytest.approx(money[0].all_cost.likely)
    assert sum(one.facts_percent or 0 for one in money) == pytest.approx(100)
    assert sum(len(one.lines) for one in money) == 48
    page = client_of(Role.MAYOR).get("/territoire/zones/z01/").content.decode()
    z01 = next(one for one in money if one.traced.zone.pk == "z01")
    assert "investissement du programme" in page and f"({z01.traced.facts})" in page


def test_a_zone_without_camera_costs_nothing(landed: None, db: None, client_of: Callable[..., Client]) -> None:
    Camera.objects.filter(site__zone="z01").update(site=Camera.objects.exclude(site__zone="z01").first().site)  # type: ignore[union-attr]
    assert costing.zone_money("z01", TODAY).traced.cost.high == 0
    page = client_of(Role.MAYOR).get("/territoire/zones/z01/").content.decode()
    assert "rien n'y est prévu" in page and "investissement du programme" not in page
