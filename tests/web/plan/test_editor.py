"""The editor's JSON: what a camera sees when it is turned, scenarios kept version by version, bad input refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.calc import phases
from beffroi.plan.editor import ground, proposing, tasks
from beffroi.plan.models import Phase, ScenarioProposal, ScenarioVersion, Site
from beffroi.territory.models import Building

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
ClientOf = Callable[..., Client]
TRIANGLE = {"type": "Polygon", "coordinates": [[[3.078, 44.1], [3.079, 44.1], [3.079, 44.101], [3.078, 44.1]]]}


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=date(2026, 11, 23))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def technical(landed: None, db: None, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def post(client: Client, path: str, question: object) -> Any:
    return client.post(f"/api/plan/{path}", json.dumps(question), content_type="application/json")


def town_plan(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/plan/scenarios/ville").json())


def saved(client: Client, **changes: Any) -> Any:
    plan = town_plan(client)
    return post(client, "save", {"name": "Essai", "cameras": plan["cameras"][:3]} | changes)


def test_the_ground_is_drawn_once_and_not_sent_again_while_it_stands(technical: Client) -> None:
    answer = technical.get("/api/plan/ground")
    drawn = answer.json()
    assert len(drawn["buildings"]) == Building.objects.count()
    assert len(drawn["zones"]) == 16 and drawn["models"] and len(drawn["classes"]) == 5
    again = technical.get("/api/plan/ground", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "change",
    [
        lambda: Site.objects.filter(pk="s01").update(name="Parvis de la gare"),
        lambda: Phase.objects.filter(pk="px").update(name="Extension au nord"),
        lambda: Site.objects.create(id="s99", rank=99, mark="99", name="Nouveau", zone_id="z01", phase_id="px",
                                    lat=44.1, lon=3.08, confidence="rough"),
    ],
)  # fmt: skip
def test_a_site_or_phase_that_changed_is_sent_again(technical: Client, change: Callable[[], object]) -> None:
    before = technical.get("/api/plan/ground")
    change()
    after = technical.get("/api/plan/ground", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200 and after.content != before.content


def test_the_plan_of_the_town_is_the_first_scenario(technical: Client) -> None:
    assert technical.get("/api/plan/scenarios").json()["scenarios"][0]["id"] == "ville"
    assert len(town_plan(technical)["cameras"]) == 48


def test_a_camera_turned_round_sees_other_ground(technical: Client) -> None:
    row = town_plan(technical)["cameras"][0]
    before = post(technical, "camera", {"camera": row}).json()
    after = post(technical, "camera", {"camera": row | {"bearing_deg": (row["bearing_deg"] + 120) % 360}}).json()
    assert before["camera"]["bands"][0]["geometry"] != after["camera"]["bands"][0]["geometry"]
    assert before["zones"] and before["zones"] != after["zones"]
    assert before["dead"]["type"] in {"Polygon", "MultiPolygon"}


def test_the_preview_is_a_drawing_only_when_it_is_asked_for(technical: Client) -> None:
    row = town_plan(technical)["cameras"][0]
    assert not post(technical, "camera", {"camera": row}).json()["preview"]
    assert post(technical, "camera", {"camera": row, "with_preview": True}).json()["preview"].startswith("<svg")


PRESETS = [
    {"name": "Parvis", "bearing_deg": 138.0, "tilt_deg": 11.0, "hfov_deg": 60.0, "time_share": 0.6},
    {"name": "Quai", "bearing_deg": 300.0, "tilt_deg": 11.0, "hfov_deg": 40.0, "time_share": 0.4},
]


def ptz(client: Client, **changes: Any) -> dict[str, Any]:
    """The town's first camera, which turns, with two presets."""
    row = next(one for one in town_plan(client)["cameras"] if one["kind"] == "ptz")
    return dict(row | {"presets": PRESETS} | changes)


def shares(answer: dict[str, Any], name: str) -> float:
    """Of one class's figure, over all zones."""
    found = [one[name] for zone in answer["zones"] for one in zone["classes"] if one["class_id"] == "detect"]
    return float(sum(found))


def test_presets_see_more_together_than_at_any_instant(technical: Client) -> None:
    whole = post(technical, "camera", {"camera": ptz(technical)}).json()
    first = post(technical, "camera", {"camera": ptz(technical, presets=PRESETS[:1])}).json()
    assert shares(first, "by_one") < shares(whole, "by_one")
    assert 0 < shares(whole, "at_an_instant") < shares(whole, "by_one")


def test_each_preset_has_its_own_picture(technical: Client) -> None:
    row = ptz(technical)
    views = [post(technical, "camera", {"camera": row, "with_preview": True, "preset": at}) for at in range(3)]
    assert views[0].json()["preview"] != views[1].json()["preview"]
    assert views[2].status_code == 400 and "ask for one of" in views[2].json()["error"]["message"]


def test_time_shares_over_one_are_refused_at_the_presets(technical: Client) -> None:
    presets = [PRESETS[0], PRESETS[1] | {"time_share": 0.5}]
    error = saved(technical, cameras=[ptz(technical, presets=presets)]).json()["error"]
    assert error["field"].startswith("cameras[0].presets")
    assert "lower them" in error["message"] and "baissez-les" in error["message_fr"]


def test_presets_are_kept_with_the_scenario(technical: Client) -> None:
    kept = saved(technical, cameras=[ptz(technical)]).json()
    assert technical.get(f"/api/plan/scenarios/{kept['id']}").json()["cameras"][0]["presets"] == PRESETS


def test_at_night_a_camera_sees_as_far_as_its_own_light_and_nothing_when_nobody_said_how_far(
    technical: Client,
) -> None:
    row = town_plan(technical)["cameras"][0]
    dark = post(technical, "camera", {"camera": row}).json()
    lit = post(technical, "camera", {"camera": row | {"night_range_m": 20}}).json()
    assert dark["night"] is None and shares(dark, "at_night") == 0
    assert lit["night"]["reach_m"] < 20 and 0 < lit["night"]["ground_m2"] < lit["camera"]["ground_m2"]
    assert 0 < shares(lit, "at_night") < shares(lit, "by_one")


def test_all_cameras_together_tell_the_night_and_who_has_no_range(technical: Client) -> None:
    rows = town_plan(technical)["cameras"][:4]
    rows[0] |= {"night_range_m": 25}
    answer = post(technical, "coverage", {"cameras": rows}).json()
    assert answer["night_unknown"] == [one["id"] for one in rows[1:]]
    assert 0 < answer["seen_at_night_m2"]["detect"] < answer["seen_m2"]["detect"]


def before_a_dwelling(client: Client) -> dict[str, Any]:
    """The first camera of the town that has a dwelling in its picture."""
    for row in town_plan(client)["cameras"]:
        masks = post(client, "camera", {"camera": row, "with_masks": True}).json()["masks"]
        if masks and masks["plan"]["views"][0]["dwellings"]:
            return dict(row)
    raise AssertionError("no camera of the demo sees a dwelling")


def zoomed_on_a_dwelling(client: Client) -> dict[str, Any]:
    """A camera of the town turned and zoomed to one of its masks, where that hides a dwelling near enough."""
    for row in town_plan(client)["cameras"]:
        masks = post(client, "camera", {"camera": row, "with_masks": True}).json()["masks"]
        for corners in masks["plan"]["views"][0]["angles_deg"] if masks else ():
            aim = {"bearing_deg": corners[0][0] % 360, "tilt_deg": sum(tilt for _, tilt in corners) / len(corners)}
            zoomed = row | aim | {"hfov_deg": 2.3}
            if post(client, "camera", {"camera": zoomed, "with_masks": True}).json()["masks"]["unmasked"]:
                return dict(zoomed)
    raise AssertionError("no camera of the demo can be zoomed on a dwelling")


def test_masks_are_planned_drawn_and_counted_against_the_device(technical: Client) -> None:
    row = before_a_dwelling(technical)
    bare = post(technical, "camera", {"camera": row, "with_preview": True}).json()
    masked = post(technical, "camera", {"camera": row, "with_preview": True, "with_masks": True}).json()
    found = masked["masks"]
    count = len(found["plan"]["views"][0]["polygons"])
    assert bare["masks"] is None and 'class="mask"' not in bare["preview"]
    assert masked["preview"].count('class="mask"') == count and 0 < count <= found["device"]["max_masks"]
    assert (
        "the model not being known: 32 at most, of 64 corners" in found["device"]["said"]
        and found["article"] == "CSI L. 251-3"
    )
    assert (found["map_doubt_m"], found["aim_doubt_deg"]) == (1.0, 0.5)
    assert 0 <= found["lost_share"] <= 1 and not found["unmasked"]


def test_a_dwelling_that_no_mask_hides_is_named_with_its_street_and_its_mend(technical: Client) -> None:
    """A zoom of 2.3° on a façade 30 m away: the map is not sure enough for a mask."""
    row = zoomed_on_a_dwelling(technical)
    found = post(technical, "camera", {"camera": row, "with_masks": True}).json()["masks"]
    first = found["unmasked"][0]
    assert not found["plan"]["is_complete"] and first["street"] and first["shape"]["type"] == "Polygon"
    assert Building.objects.get(pk=first["id"]).is_dwelling
    assert "calibrate" in found["plan"]["refusals"][0]["reason"]
    assert "calez la caméra" in found["plan"]["refusals"][0]["reason_fr"]
    whole = post(technical, "masks", {"cameras": [row]}).json()
    assert [one["camera_id"] for one in whole["unmasked"]] == [row["id"]]
    assert first["id"] in whole["unmasked"][0]["dwellings"]


def test_masks_of_the_whole_plan_tell_the_street_that_nobody_sees_any_longer(technical: Client) -> None:
    plan = town_plan(technical)
    masks = post(technical, "masks", {"cameras": plan["cameras"]}).json()
    seen = post(technical, "coverage", {"cameras": plan["cameras"]}).json()
    by_one = {(zone["id"], one["class_id"]): one["by_one"] for zone in seen["zones"] for one in zone["classes"]}
    assert masks["cameras"] == len(plan["cameras"]) and masks["masks"] > 0
    assert any(one["share"] > 0 for one in masks["lost"])
    assert all(one["share"] <= by_one[one["zone_id"], one["class_id"]] + 1e-9 for one in masks["lost"])


def test_all_cameras_together_are_told_by_zone_with_what_one_failure_loses(technical: Client) -> None:
    plan = town_plan(technical)
    whole = post(technical, "coverage", {"cameras": plan["cameras"]}).json()
    less = post(technical, "coverage", {"cameras": plan["cameras"][1:]}).json()
    assert len(whole["zones"]) == 16 and whole["losses"]
    assert 0 < less["seen_m2"]["detect"] < whole["seen_m2"]["detect"] <= whole["street_m2"]
    assert whole["cost"]["is_guess"] and whole["cost"]["low_eur"] < whole["cost"]["high_eur"]


def test_a_drawn_zone_is_counted_beside_those_of_the_town(technical: Client) -> None:
    plan = town_plan(technical)
    zone = {"id": "dessin-1", "name": "Essai", "shape": TRIANGLE}
    answer = post(technical, "coverage", {"cameras": plan["cameras"][:5], "zones": [zone]}).json()
    assert answer["zones"][-1]["id"] == "dessin-1" and answer["zones"][-1]["street_m2"] > 0


def test_what_is_saved_is_a_version_more_and_a_line_of_the_journal(technical: Client) -> None:
    first = saved(technical).json()
    assert (first["id"], first["version"], first["based_on"]) == ("essai", 1, "ville")
    second = saved(technical, id="essai", seen_version=1, note="une de moins").json()
    assert second["version"] == 2
    assert [one.number for one in ScenarioVersion.objects.filter(scenario="essai")] == [1, 2]
    assert Line.objects.filter(action="scenario.saved", subject="essai").count() == 2
    assert technical.get("/api/plan/scenarios/essai").json()["cameras"] == first["cameras"]


def test_two_scenarios_of_one_name_have_each_their_id(technical: Client) -> None:
    assert [saved(technical).json()["id"], saved(technical).json()["id"]] == ["essai", "essai-2"]


def test_who_saves_over_a_version_he_has_not_seen_is_stopped(technical: Client) -> None:
    saved(technical)
    saved(technical, id="essai", seen_version=1)
    refused = saved(technical, id="essai", seen_version=1)
    assert refused.status_code == 409 and "meanwhile" in refused.json()["error"]["message"]


def test_the_mayor_reads_figures_and_saves_nothing(landed: None, db: None, client_of: ClientOf) -> None:
    mayor = client_of(Role.MAYOR)
    assert mayor.get("/api/plan/scenarios/ville").status_code == 200
    assert saved(mayor).status_code == 403
    assert not ScenarioVersion.objects.exists()


CROSSED = {"type": "Polygon", "coordinates": [[[3.0, 44.0], [3.1, 44.1], [3.1, 44.0], [3.0, 44.1], [3.0, 44.0]]]}


@pytest.mark.parametrize(
    ("changes", "field", "mend", "mend_fr"),
    [
        ({"zones": [{"id": "d", "shape": CROSSED}]}, "zones[0].shape", "redraw it", "redessinez-le"),
        ({"position": [44.1, 3.078]}, "cameras[0].position", "swapped", "échangées"),
        ({"model": "dome-9000"}, "cameras[0].model", "known:", "connus :"),
        ({"height_m": -2}, "cameras[0].height_m", "must be > 0", "doit être > 0"),
        ({"zones": [{"id": "z01", "shape": TRIANGLE}]}, "zones[0].id", "its own id", "son identifiant"),
    ],
)
def test_bad_input_is_refused_with_its_field_and_its_mend(
    technical: Client, changes: dict[str, Any], field: str, mend: str, mend_fr: str
) -> None:
    zones = changes.get("zones", [])
    row = town_plan(technical)["cameras"][0] | {name: value for name, value in changes.items() if name != "zones"}
    refused = saved(technical, cameras=[row], zones=zones)
    error = refused.json()["error"]
    assert refused.status_code == 400 and error["field"].startswith(field)
    assert mend in error["message"] and mend_fr in error["message_fr"]
    assert not ScenarioVersion.objects.exists()


def test_a_camera_in_a_building_is_told_and_sees_nothing(technical: Client) -> None:
    building = max(Building.objects.all(), key=lambda one: one.height_m)
    ring = building.shape["coordinates"][0]
    inside = [sum(x for x, _ in ring[:-1]) / len(ring[:-1]), sum(y for _, y in ring[:-1]) / len(ring[:-1])]
    row = town_plan(technical)["cameras"][0] | {"position": inside, "height_m": 4}
    answer = post(technical, "camera", {"camera": row}).json()
    assert answer["camera"] is None and "façade" in answer["warnings"][-1]["message_fr"]


def test_an_unknown_scenario_is_not_found(technical: Client) -> None:
    assert technical.get("/api/plan/scenarios/rien").status_code == 404


def test_the_coverage_page_says_the_same_without_a_script(technical: Client) -> None:
    saved(technical, zones=[{"id": "dessin-1", "name": "Parvis", "shape": TRIANGLE}])
    town = technical.get("/programme/couverture/").content.decode()
    assert town.count('<th scope="row">') == 16 and "48 caméras" in town and "<script" not in town
    drawn = technical.get("/programme/couverture/?scenario=essai").content.decode()
    assert "Parvis" in drawn and 'aria-current="page">Essai' in drawn
    assert technical.get("/programme/couverture/?scenario=rien").status_code == 404


def test_the_editor_page_tells_who_may_save(technical: Client, client_of: ClientOf) -> None:
    assert 'data-can-save="yes"' in technical.get("/programme/plan/").content.decode()
    assert 'data-can-save="no"' in client_of(Role.MAYOR).get("/programme/plan/").content.decode()


def proposed(client: Client, **asked: Any) -> dict[str, Any]:
    """The answer of the worker to a question about the scenario « essai »."""
    assert post(client, "scenarios/essai/propose", asked).status_code == 200
    tasks.make_proposal.func(ScenarioProposal.objects.latest("pk").pk)
    return dict(client.get("/api/plan/scenarios/essai/proposal").json())


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "TIME_LIMIT_S", 2.0)


def test_the_worker_says_what_the_same_counts_could_do_with_its_gap(technical: Client, hurried: None) -> None:
    kept = saved(technical).json()
    assert technical.get("/api/plan/scenarios/essai/proposal").json()["state"] == "none"
    assert post(technical, "scenarios/essai/propose", {}).json()["state"] == "waiting"
    assert post(technical, "scenarios/essai/propose", {}).status_code == 200
    tasks.make_proposal.func(ScenarioProposal.objects.get().pk)
    found = technical.get("/api/plan/scenarios/essai/proposal").json()
    assert (found["state"], len(found["cameras"])) == ("done", len(kept["cameras"]))
    assert 0 < found["own_m2"] <= found["best_m2"] <= found["bound_m2"] and 0 <= found["gap"] < 1
    assert post(technical, "coverage", {"cameras": found["cameras"]}).json()["seen_m2"]["observe"] == pytest.approx(
        found["best_m2"]
    )


def test_the_greedy_answer_stands_with_its_gap_while_the_exact_one_is_sought(
    technical: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    def best(*_: object, tell: Callable[[float], object], **__: object) -> object:
        seen.append(technical.get("/api/plan/scenarios/essai/proposal").json())
        post(technical, "scenarios/essai/cancel", {})
        tell(0.5)
        raise AssertionError("it was given up")

    monkeypatch.setattr(phases, "best", best)
    saved(technical)
    found = proposed(technical)
    assert seen[0]["state"] == "running" and 0 < seen[0]["progress"] < 1
    assert 0 < seen[0]["best_m2"] <= seen[0]["bound_m2"] and seen[0]["gap"] is not None
    assert found["state"] == "cancelled" and found["cameras"] == seen[0]["cameras"]


def test_another_question_takes_the_place_of_the_one_that_waits(technical: Client) -> None:
    saved(technical)
    post(technical, "scenarios/essai/propose", {})
    post(technical, "scenarios/essai/propose", {"cameras": 2})
    assert [one.is_cancelled for one in ScenarioProposal.objects.order_by("pk")] == [True, False]


def test_counts_tilts_and_forbidden_masts_are_kept_to(technical: Client, hurried: None) -> None:
    saved(technical)
    spots = technical.get("/api/plan/scenarios/essai/spots").json()["spots"]
    own = {one["id"] for one in spots if one["is_own"]}
    assert own and {one["name"] for one in spots if not one["is_own"]}
    found = proposed(technical, cameras=4, sites=3, per_site=2, tilts_deg=[5, 15], forbidden=sorted(own))
    assert len(found["cameras"]) == 4 and found["sites"] <= 3
    assert {one["tilt_deg"] for one in found["cameras"]} <= {5, 15}
    assert not own & {one["site"] for one in found["cameras"]}


def test_a_mandatory_zone_is_seen_as_much_as_was_asked(technical: Client, hurried: None) -> None:
    saved(technical)
    found = proposed(technical, cameras=4, sites=4, mandatory=[{"zone": "z05", "least_share": 0.2}])
    assert found["state"] == "done" and not found["unmet"]
    zones = post(technical, "coverage", {"cameras": found["cameras"]}).json()["zones"]
    shares = {one["class_id"]: one["by_one"] for zone in zones if zone["id"] == "z05" for one in zone["classes"]}
    assert shares["observe"] >= 0.19


def test_phases_are_placed_in_sequence_then_together_and_each_says_what_it_sees(
    technical: Client, hurried: None
) -> None:
    saved(technical)
    two = [{"phase": "p1", "cameras": 1, "sites": 1}, {"phase": "p2", "cameras": 2, "sites": 2, "months": 24}]
    found = proposed(technical, phases=two)
    assert [(one["phase"], one["cameras"]) for one in found["phases"]] == [("p1", 1), ("p2", 2)]
    assert [one["phase"] for one in found["cameras"]] == ["p1", "p2", "p2"]
    assert found["phases"][0]["seen_m2"] <= found["phases"][1]["seen_m2"] == found["best_m2"]
    assert found["gap"] is not None and found["alone_gain"] >= 0


@pytest.mark.parametrize(
    ("asked", "mend_fr"),
    [
        ({"mandatory": [{"zone": "z99", "least_share": 0.5}]}, "pas de zone z99"),
        ({"class_id": "devine"}, "connus"),
        ({"mandatory": [{"zone": "z05", "least_share": 1.0}]}, "z05"),
    ],
)
def test_what_cannot_be_is_refused_by_the_worker_in_words(
    technical: Client, asked: dict[str, Any], mend_fr: str, hurried: None
) -> None:
    saved(technical)
    found = proposed(technical, **asked)
    assert found["state"] == "refused" and mend_fr in found["refusal_fr"]


def test_a_phase_that_is_not_known_is_refused_at_once(technical: Client) -> None:
    saved(technical)
    refused = post(technical, "scenarios/essai/propose", {"phases": [{"phase": "p9", "cameras": 1, "sites": 1}]})
    assert refused.status_code == 400 and "p9" in refused.json()["error"]["message_fr"]
    assert not ScenarioProposal.objects.exists()


def test_the_optimum_of_the_town_plan_is_asked_of_a_scenario(technical: Client) -> None:
    refused = post(technical, "scenarios/ville/propose", {})
    assert refused.status_code == 400 and "enregistrez" in refused.json()["error"]["message_fr"]


def test_a_scenario_without_a_camera_is_refused_by_the_optimiser_in_words(technical: Client) -> None:
    saved(technical, cameras=[])
    found = proposed(technical)
    assert found["state"] == "refused" and "posez-en" in found["refusal_fr"]


@pytest.fixture
def sloping(landed: None, db: None) -> Iterator[None]:
    """The town on a slope: each building's altitude grows by 8 m a hundred metres to the north."""
    south = min(building.shape["coordinates"][0][0][1] for building in Building.objects.all())
    for building in Building.objects.all():
        building.ground_m = 350 + (building.shape["coordinates"][0][0][1] - south) * 111_195 * 0.08
        building.save(update_fields=["ground_m"])
    ground._kept.clear()
    yield
    ground._kept.clear()


@pytest.mark.usefixtures("sloping")
def test_a_camera_over_a_slope_is_told_wherever_its_figures_are_shown(technical: Client) -> None:
    camera = town_plan(technical)["cameras"][0]
    told = [one["message_fr"] for one in post(technical, "camera", {"camera": camera}).json()["warnings"]]
    assert any(said.startswith("terrain en pente : altitudes de ") for said in told)
    together = post(technical, "coverage", {"cameras": [camera]}).json()["warnings"]
    assert [one["field"] for one in together if "pente" in one["message_fr"]] == [f"cameras[0] ({camera['id']})"]
    page = technical.get("/programme/couverture/").content.decode()
    assert "résultat à vérifier sur place" in page and "Le sol est supposé plat" in page


def test_on_ground_of_no_known_altitude_no_slope_is_said(technical: Client) -> None:
    camera = town_plan(technical)["cameras"][0]
    told = post(technical, "camera", {"camera": camera}).json()["warnings"]
    assert not [one for one in told if "pente" in one["message_fr"]]
    assert "Le sol est supposé plat" in technical.get("/programme/couverture/").content.decode()
