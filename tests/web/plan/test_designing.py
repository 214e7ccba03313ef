"""The fibre network designed from the town's own data: asked, made by the worker, shown, taken away, taken over."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.cli.main import main
from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan import fibre
from beffroi.plan.designing import adopting, asking, services, tasks
from beffroi.plan.designing.adopting import Taking
from beffroi.plan.designing.answers import DesignAnswer
from beffroi.plan.designing.forms import DesignForm
from beffroi.plan.designing.rows import DesignAsked
from beffroi.plan.models import Camera, Link, NetworkDesign, Task
from beffroi.plan.works.queries import phase_check
from beffroi.plan.works.words import sentence
from beffroi.territory.models import Duct, PublicBuilding, Street

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
ASK = "/programme/fibre/concevoir/"
ClientOf = Callable[..., Client]
FEW = DesignAsked(csu="b04", points=("b01", "b02", "b03", "s01", "s02", "s03"), reuses_laid=False)


def today() -> date:
    return timezone.localdate()


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=today() - timedelta(days=7))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def technical(landed: None, db: None, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def written(**changes: Any) -> dict[str, Any]:
    """The form as the page shows it, everybody ticked."""
    form = DesignForm(asking.spots(), "b04")
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return shown | {"lighting": [], "ring": []} | changes


def made(**changes: Any) -> tuple[NetworkDesign, DesignAnswer]:
    design = services.ask_design(FEW.model_copy(update=changes), on=today(), by="system")
    tasks.make_design.func(design.pk)
    design.refresh_from_db()
    assert design.answer is not None, design.refusal
    return design, DesignAnswer.model_validate(design.answer)


def test_by_default_all_buildings_and_sites_of_the_programme_are_joined_to_the_csu(landed: None, db: None) -> None:
    form = DesignForm(asking.spots(), "b04", written())
    assert form.is_valid(), form.errors
    assert len(form.asked.points) == 34 + 33 + 2 and form.asked.csu == "b04"
    assert not form.asked.ring and not form.asked.prices and form.asked.reuses_laid
    scenario = asking.town_scenario(form.asked, today())
    assert scenario.network is not None and len(scenario.network.laid) == 68 and len(scenario.cameras) == 48
    assert {row.phase for row in scenario.network.points} >= {"p1", "p2", "p3", "p4", "px"}


def test_the_page_asks_the_worker_makes_and_the_page_shows_it(technical: Client) -> None:
    ring = ["b01", "b02", "b03"]
    sent = technical.post(ASK, written(form="ring", ring=ring, reuses_laid=""))
    design = NetworkDesign.objects.get()
    assert sent.status_code == 302 and sent["Location"] == f"/programme/fibre/conceptions/{design.pk}/"
    waiting = technical.get(sent["Location"])
    assert waiting["Refresh"] and "<progress" in waiting.content.decode()
    tasks.make_design.func(design.pk)
    shown = technical.get(sent["Location"])
    page = shown.content.decode()
    assert "Refresh" not in shown and "<script" not in page
    for words in ("Boucle et antennes", "Réseau du programme", "optimum prouvé", "Tranchées, par phase", "Tronçons",
                  "Marge optique", "Courant aux mâts", "Quantités et coût", "Attend"):  # fmt: skip
        assert words in page, words
    assert Line.objects.filter(action="network.designed", subject=str(design.pk)).count() == 1
    Agent.objects.update(language="en")
    assert "Ring and spurs" in technical.get(sent["Location"]).content.decode()


def test_the_buildings_of_the_ring_survive_any_cut_and_the_tree_beside_it_is_cheaper(landed: None, db: None) -> None:
    _, answer = made(ring=("b01", "b02", "b03"))
    forms = {one.form: one for one in answer.compared}
    assert set(forms) == {"tree", "ring", "laid"}
    assert forms["tree"].eur.p50 < forms["ring"].eur.p50 and forms["tree"].length_m < forms["ring"].length_m
    held = 3 - len(answer.network.protected.unprotected if answer.network.protected else ())
    assert forms["tree"].safe == 0 and forms["ring"].safe == held
    assert forms["ring"].safe_but_own is not None and forms["ring"].safe_but_own >= held
    assert forms["laid"].length_m == pytest.approx(sum(link.length_m for link in Link.objects.all()))


def test_runs_say_each_stretch_once_and_draw_it(landed: None, db: None) -> None:
    _, answer = made()
    stretches = [id_ for run in answer.runs for id_ in run.stretches]
    assert sorted(stretches) == sorted(answer.network.tree.stretches)
    assert sum(run.length_m for run in answer.runs) == pytest.approx(answer.network.tree.length_m)
    assert all(len(run.line) > 1 for run in answer.runs if run.length_m > 1)


def test_the_same_answer_comes_from_the_command_with_the_scenario_beside_it(technical: Client, tmp_path: Path) -> None:
    design, _ = made(ring=("b01", "b02"))
    path = tmp_path / "scenario.json"
    at = f"/programme/fibre/conceptions/{design.pk}"
    path.write_bytes(technical.get(f"{at}/scenario.json").content)
    with redirect_stdout(io.StringIO()) as out:
        main(["plan", "network", str(path), "--json"])
    assert json.loads(out.getvalue()) == technical.get(f"{at}/reseau.json").json()


def test_the_bill_is_a_sheet_with_quantities_prices_and_the_runs_to_dig(technical: Client) -> None:
    design, answer = made()
    text = technical.get(f"/programme/fibre/conceptions/{design.pk}/bordereau.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert {len(row) for row in rows} == {7} and rows[0][0] == "Poste" and "Tranchée sous chaussée" in rows[1]
    assert len(rows) > 4 + len([run for run in answer.runs if run.length_m > 0]) - 1


def test_a_camera_of_the_towns_own_models_is_counted_by_its_own_figures(landed: None, db: None) -> None:
    Camera.objects.filter(site="s01").update(model="modele-de-la-ville")
    _, answer = made()
    assert sum(load.cameras for load in answer.network.loads) > 0


def test_what_is_laid_is_reused_and_a_town_all_laid_has_nothing_to_dig(landed: None, db: None) -> None:
    design, answer = made(reuses_laid=True)
    assert answer.network.tree.dug_m < 1 < answer.network.tree.length_m and answer.network.bill.total_eur.p90 < 100
    with pytest.raises(InvalidInput, match="Nothing is to be dug"):
        adopting.adopt(design.pk, Taking(phase="px", planned_on=today()), on=today(), by="system")


def test_a_duct_of_the_towns_layer_makes_the_tree_cheaper_and_the_bill_says_so(technical: Client) -> None:
    _, bare = made()
    ends = [[one.lon, one.lat] for one in PublicBuilding.objects.filter(pk__in=("b01", "b04")).order_by("pk")]
    Duct.objects.create(id="g1", name="Fourreau du câble", shape={"type": "LineString", "coordinates": ends})
    design, answer = made()
    forms = [{one.form: one for one in found.compared}["tree"] for found in (bare, answer)]
    assert forms[1].eur.p50 < forms[0].eur.p50 and forms[1].dug_m < forms[0].dug_m
    run = next(run for run in answer.runs if run.is_duct)
    line = next(line for line in answer.network.bill.lines if line.name == "duct")
    assert run.streets == ("g1",) and line.quantity == pytest.approx(run.length_m) and line.unit_eur.likely > 0
    page = technical.get(f"/programme/fibre/conceptions/{design.pk}/").content.decode()
    assert "dans un fourreau existant" in page and "Fourreau du câble" in page and "Fourreau existant" in page
    taking = f"/programme/fibre/conceptions/{design.pk}/reprendre/"
    assert "Fourreau existant" in technical.get(taking).content.decode()
    links = adopting.adopt(design.pk, Taking(phase="px", planned_on=today()), on=today(), by="system")
    assert links == len(answer.runs)
    assert made(uses_ducts=False)[1].network.tree == bare.network.tree


def test_a_link_taken_over_stays_in_its_duct_in_every_bill_list_and_check(technical: Client) -> None:
    ends = [[one.lon, one.lat] for one in PublicBuilding.objects.filter(pk__in=("b01", "b04")).order_by("pk")]
    Duct.objects.create(id="g1", name="Fourreau du câble", shape={"type": "LineString", "coordinates": ends})
    before = {item.name: item.quantity for item in fibre.fibre_on(today()).bill.items}
    design, answer = made(surface="bare-land")
    adopting.adopt(design.pk, Taking(phase="px", planned_on=today()), on=today(), by="system")
    new = {link.ground: link for link in Link.objects.filter(pk__startswith=f"d{design.pk}-")}
    assert set(new) == {"duct", "bare-land"} and not new["duct"].is_dug and new["bare-land"].is_dug
    duct_m = sum(run.length_m for run in answer.runs if run.is_duct)
    dug_m = sum(run.length_m for run in adopting.to_dig(answer)) - duct_m
    after = {item.name: item.quantity for item in fibre.fibre_on(today()).bill.items}
    assert after["street"] == before["street"] and after["duct"] == pytest.approx(duct_m, abs=1)
    assert after["bare-land"] == pytest.approx(dug_m, abs=1)
    assert after["cable"] == pytest.approx(before["cable"] + duct_m + dug_m, abs=1)
    duct = new["duct"]
    for address in (
        "/programme/fibre/",
        "/programme/phases/px/",
        f"/programme/liaisons/{duct.pk}/",
        "/programme/cout/",
    ):
        assert "Fourreau existant" in technical.get(address).content.decode(), address
    assert "trait fin" in technical.get("/programme/").content.decode()
    wants = [sentence(want) for want in phase_check(duct.phase, today()).wanting if want.subject == duct.pk]
    assert wants and "fourreau existant" in wants[0]
    technical.post(f"/programme/liaisons/{duct.pk}/", {"ground": "paved-centre"})
    duct.refresh_from_db()
    assert duct.ground == "paved-centre" and Line.objects.filter(action="link.dated", subject=duct.pk).exists()


def test_prices_and_ground_of_the_page_are_those_of_the_bill(landed: None, db: None) -> None:
    form = DesignForm(asking.spots(), "b04", written(surface="paved-centre", **{"price_paved-centre_high": "260"}))
    assert form.is_valid(), form.errors
    assert form.asked.prices == {"paved-centre": (90, 150, 260)}
    _, answer = made(prices=form.asked.prices, surface="paved-centre")
    assert {line.name: line.unit_eur.high for line in answer.network.bill.lines}["paved-centre"] == 260
    wrong = DesignForm(asking.spots(), "b04", written(price_street_low="500"))
    assert not wrong.is_valid() and "probable" in str(wrong.errors)


def test_a_ring_without_building_and_a_network_of_nobody_are_refused_with_their_mend(technical: Client) -> None:
    page = technical.post(ASK, written(form="ring"))
    assert page.status_code == 400 and "Cochez au moins un bâtiment de la boucle" in page.content.decode()
    alone = technical.post(ASK, written(buildings=[], sites=[]))
    assert alone.status_code == 400 and "à relier au CSU" in alone.content.decode()
    assert not NetworkDesign.objects.exists()


def test_streets_in_two_parts_say_who_is_apart_by_which_street_and_the_mend(technical: Client) -> None:
    Street.objects.create(
        id="ile", name="Rue de l'Île",
        shape={"type": "LineString", "coordinates": [[3.1, 44.12], [3.101, 44.12]]},
    )  # fmt: skip
    PublicBuilding.objects.create(
        id="b99", name="Gymnase de l'Île", use="sport", lat=44.1201, lon=3.1005, confidence="rough"
    )
    page = technical.post(ASK, written())
    told = page.content.decode()
    assert page.status_code == 400 and "Gymnase de l" in told and "Rue de l" in told and "décochez-les" in told
    PublicBuilding.objects.filter(pk="b04").update(lat=44.1201, lon=3.1004)
    told = technical.post(ASK, written()).content.decode()
    assert "La rue du CSU (Rue de l" in told and "corrigez la couche des rues" in told


def test_a_site_far_from_every_street_is_told_by_its_name(technical: Client) -> None:
    PublicBuilding.objects.create(
        id="b99", name="Refuge du causse", use="abri", lat=44.16, lon=3.08, confidence="rough"
    )
    design, _ = made(points=(*FEW.points, "b99"))
    page = technical.get(f"/programme/fibre/conceptions/{design.pk}/").content.decode()
    assert "Refuge du causse" in page and "de la rue la plus proche" in page and "À savoir" in page


def test_a_mast_on_the_lighting_circuit_is_told_with_the_battery_it_takes(technical: Client) -> None:
    design, answer = made(lighting=("s01",))
    mast = next(one for one in answer.power if one.point == "s01")
    assert not mast.holds and mast.lighting_battery_wh
    page = technical.get(f"/programme/fibre/conceptions/{design.pk}/").content.decode()
    assert f"{mast.lighting_battery_wh:.0f}" in page and "mort le jour" in page


def test_one_given_up_is_not_made_and_a_second_question_gives_up_the_first(technical: Client) -> None:
    first = services.ask_design(FEW, on=today(), by="system")
    second = services.ask_design(FEW, on=today(), by="system")
    first.refresh_from_db()
    assert first.is_cancelled and not services.keep_progress(first, 0.5) and services.keep_progress(second, 0.5)
    assert technical.post(f"/programme/fibre/conceptions/{second.pk}/abandonner/").status_code == 302
    tasks.make_design.func(second.pk)
    second.refresh_from_db()
    assert second.is_cancelled and second.answer is None
    assert "Abandonné" in technical.get(f"/programme/fibre/conceptions/{second.pk}/").content.decode()


def test_given_up_while_it_is_made_it_ends_at_its_next_step(
    landed: None, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = services.ask_design(FEW, on=today(), by="system")
    monkeypatch.setattr(services, "keep_progress", lambda design, share: False)
    tasks.make_design.func(design.pk)
    design.refresh_from_db()
    assert design.ended_at is None and design.answer is None


def test_what_the_worker_cannot_join_is_kept_with_its_words(technical: Client) -> None:
    design = services.ask_design(FEW, on=today(), by="system")
    far = {"id": "ile", "shape": {"type": "LineString", "coordinates": [[3.1, 44.12], [3.101, 44.12]]}}
    design.scenario["streets"].append(far)
    design.scenario["network"]["points"][-1]["position"] = [3.1, 44.12]
    design.save()
    tasks.make_design.func(design.pk)
    design.refresh_from_db()
    page = technical.get(f"/programme/fibre/conceptions/{design.pk}/").content.decode()
    assert design.answer is None and "Ne peut être conçu" in page and "Aucun" in page


def test_a_design_taken_over_is_planned_links_that_join_what_they_say(technical: Client) -> None:
    design, answer = made(ring=("b01", "b02", "b03"))
    old: dict[str, Any] = {"from_end": "b04", "to_end": "sb", "shape": Link.objects.get(pk="f69").shape}
    Link.objects.create(id="f70", name="Ancien tracé", phase_id="px", length_m=1, planned_on=today(), **old)
    before = {link.pk: (link.shape, link.laid_on, link.lit_on) for link in Link.objects.all()}
    page = technical.get(f"/programme/fibre/conceptions/{design.pk}/reprendre/").content.decode()
    assert "deviennent des liaisons prévues" in page and "Ancien tracé" in page and "Rue du Voultre" not in page
    on = today() + timedelta(days=90)
    sent = technical.post(
        f"/programme/fibre/conceptions/{design.pk}/reprendre/",
        {"phase": "px", "planned_on": on.isoformat(), "replaced": ["f70"]},
    )
    assert sent.status_code == 302
    assert not Link.objects.filter(pk="f70").exists()
    for key, kept in before.items():
        if key != "f70":
            link = Link.objects.get(pk=key)
            assert (link.shape, link.laid_on, link.lit_on) == kept
    new = Link.objects.filter(pk__startswith=f"d{design.pk}-")
    assert len(new) == len(adopting.to_dig(answer))
    assert {(link.phase_id, link.planned_on, link.laid_on) for link in new} == {("px", on, None)}
    ends = {end for link in new for end in (link.from_end, link.to_end)}
    assert {end for end in ends if not end.startswith("j-")} == {"b04", *FEW.points}
    line = Line.objects.get(action="network.adopted")
    assert line.subject == str(design.pk)
    again = technical.post(
        f"/programme/fibre/conceptions/{design.pk}/reprendre/", {"phase": "px", "planned_on": on.isoformat()}
    )
    assert again.status_code == 400 and "déjà été repris" in again.content.decode()


def test_links_taken_over_are_a_network_of_their_own_when_nothing_else_is_there(landed: None, db: None) -> None:
    design, answer = made(ring=("b01", "b02", "b03"))
    Task.objects.all().delete()
    Link.objects.all().delete()
    adopting.adopt(design.pk, Taking(phase="px", planned_on=today()), on=today(), by="system")
    found = fibre.fibre_on(today())
    assert {row.id for row in found.arms} == {"b04", *FEW.points} and not found.cut_off
    lengths = {arm.point: arm.length_m for arm in answer.network.arms}
    for row in found.arms:
        assert row.length_m == pytest.approx(lengths[row.id], abs=1.0)
    isolated = {name for row in found.links for name in row.behind}
    held = {row.name for row in found.arms if row.id in {"b01", "b02", "b03"}}
    protected = answer.network.protected
    assert protected is not None and not protected.unprotected
    assert not held & isolated


@pytest.mark.parametrize(
    ("taking", "mend"),
    [
        (Taking(phase="p1", planned_on=date(2099, 1, 1)), "not in service"),
        (Taking(phase="px", planned_on=date(2020, 1, 1)), "later day"),
        (Taking(phase="px", planned_on=date(2099, 1, 1), replaced=("f01",)), "f01"),
    ],
)
def test_what_would_touch_works_done_is_refused(landed: None, db: None, taking: Taking, mend: str) -> None:
    design, _ = made()
    with pytest.raises(InvalidInput, match=mend):
        adopting.adopt(design.pk, taking, on=today(), by="system")
    assert not Link.objects.filter(pk__startswith="d").exists()


def test_a_design_older_than_a_cable_laid_since_is_designed_again(landed: None, db: None) -> None:
    Link.objects.filter(pk="f01").update(laid_on=None, lit_on=None)
    design, answer = made(reuses_laid=True)
    assert adopting.to_dig(answer)
    Link.objects.filter(pk="f01").update(laid_on=today())
    with pytest.raises(Exception, match="f01"):
        adopting.adopt(design.pk, Taking(phase="px", planned_on=today()), on=today(), by="system")


def test_the_mayor_reads_and_neither_asks_nor_takes_over(landed: None, db: None, client_of: ClientOf) -> None:
    design, _ = made()
    mayor = client_of(Role.MAYOR)
    read = mayor.get(f"/programme/fibre/conceptions/{design.pk}/").content.decode()
    assert "Reprendre au programme" not in read and "Tronçons" in read
    assert "Concevoir</button>" not in mayor.get(ASK).content.decode()
    mayor.post(ASK, written())
    assert NetworkDesign.objects.count() == 1
    assert mayor.get(f"/programme/fibre/conceptions/{design.pk}/reprendre/").status_code == 403


def test_without_a_town_the_page_says_what_to_import(technical: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "spots", list)
    page = technical.get(ASK).content.decode()
    assert "importez d" in page and "Concevoir</button>" not in page
