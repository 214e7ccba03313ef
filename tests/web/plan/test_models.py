"""A town's own camera models: imported after they were shown, typed, used in the editor, not removed while in use."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beffroi.core.errors import Conflict
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan import catalogue
from beffroi.plan.camera_models import queries, services
from beffroi.plan.camera_models.services import ModelFile
from beffroi.plan.costing import sized
from beffroi.plan.models import Camera, TownCameraModel

ClientOf = Callable[..., Client]
pytestmark = pytest.mark.django_db
PAGE = "/programme/modeles/"
TODAY = date(2026, 11, 30)
DOME = """[[model]]
id = "dome-1"
name = "Dôme 4 Mpx"
width_px = 2560
height_px = 1440
hfov_deg = 103.0
night_range_m = 40.0
power_w = 9.5
source = "fiche du fabricant, p. 2"
"""
TYPED = {
    "id": "dome-2", "name": "Dôme 8 Mpx", "kind": "fixed", "width_px": "3 840", "height_px": "2160",
    "hfov_deg": "102,5", "max_masks": "4", "max_points": "4", "source": "fiche",
}  # fmt: skip


@pytest.fixture
def technical(a_camera: Camera, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def brought(client: Client, text: str, name: str = "modeles.toml") -> Any:
    file = SimpleUploadedFile(name, text.encode(), content_type="text/plain")
    return client.post(f"{PAGE}importer/", {"file": file})


def confirmed(client: Client, text: str, *, seen: int, name: str = "modeles.toml") -> Any:
    return client.post(f"{PAGE}importer/", {"name": name, "text": text, "seen_version": seen})


def imported(text: str = DOME) -> None:
    services.import_models(ModelFile(name="modeles.toml", text=text), by="system")


def saved(client: Client, **changes: Any) -> Any:
    row = {"id": "n1", "position": [3.07, 44.1], "height_m": 6, "bearing_deg": 0, "tilt_deg": 12, "model": "dome-1"}
    body = {"name": "Essai", "cameras": [row | changes]}
    return client.post("/api/plan/save", json.dumps(body), content_type="application/json")


def test_a_file_is_shown_before_it_counts_and_then_kept_with_one_line_of_the_journal(technical: Client) -> None:
    shown = brought(technical, DOME)
    page = shown.content.decode()
    assert shown.status_code == 200 and "Dôme 4 Mpx" in page and "1 modèle serait enregistré" in page
    assert not TownCameraModel.objects.exists()
    seen = shown.context["form"]["seen_version"].value()
    assert confirmed(technical, DOME, seen=seen)["Location"] == PAGE
    assert queries.own_models() == catalogue.read_models(DOME)
    line = Line.objects.get(action="models.imported")
    assert '"add":1' in line.detail.replace(" ", "")


def test_the_same_file_again_changes_nothing_and_writes_no_line(technical: Client) -> None:
    imported()
    assert "tout est déjà connu" in brought(technical, DOME).content.decode()
    confirmed(technical, DOME, seen=queries.version())
    assert Line.objects.filter(action="models.imported").count() == 1


def test_a_corrected_figure_is_shown_beside_the_one_before(technical: Client) -> None:
    imported()
    page = brought(technical, DOME.replace("40.0", "55.0")).content.decode()
    assert "Portée de nuit" in page and "<s" in page and "55" in page


def test_a_fault_refuses_the_whole_file_with_its_line_and_its_mend(technical: Client) -> None:
    text = DOME + DOME.replace("dome-1", "dome-3").replace("2560", "-4")
    refused = brought(technical, text)
    assert refused.status_code == 400
    assert "modeles.toml, ligne 10, width_px" in refused.content.decode()
    assert confirmed(technical, text, seen=queries.version()).status_code == 400
    assert not TownCameraModel.objects.exists() and not Line.objects.filter(action="models.imported").exists()


def test_who_confirms_what_was_changed_meanwhile_is_shown_it_again(technical: Client) -> None:
    seen = queries.version()
    imported()
    again = confirmed(technical, DOME.replace("9.5", "12.0"), seen=seen)
    assert again.status_code == 200 and "entre-temps" in again.content.decode()
    assert TownCameraModel.objects.get().power_w == 9.5


def test_one_model_is_typed_with_a_comma_and_corrected(technical: Client) -> None:
    assert technical.post(f"{PAGE}ajouter/", TYPED | {"seen_version": queries.version()}).status_code == 302
    assert TownCameraModel.objects.get().hfov_deg == 102.5 and TownCameraModel.objects.get().width_px == 3840
    page = technical.get(f"{PAGE}dome-2/").content.decode()
    assert 'value="102,5"' in page and 'name="id"' not in page
    answer = technical.post(f"{PAGE}dome-2/", TYPED | {"max_masks": "6", "seen_version": queries.version()})
    assert answer.status_code == 302 and TownCameraModel.objects.get().max_masks == 6
    actions = Line.objects.filter(subject="dome-2").order_by("index").values_list("action", flat=True)
    assert list(actions) == ["model.added", "model.changed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hfov_deg": ""}, "donnez hfov_deg"),
        ({"hfov_deg": "large"}, "un nombre à point décimal"),
        ({"width_px": ""}, "obligatoire"),
        ({"source": ""}, "obligatoire"),
        ({"id": "Dôme"}, "des tirets"),
        ({"id": "dome-1"}, "déjà un modèle de la ville"),
        ({"seen_version": "-7"}, "entre-temps"),
    ],
)
def test_a_typed_model_is_refused_by_the_rules_of_a_file(technical: Client, change: dict[str, str], words: str) -> None:
    imported()
    answer = technical.post(f"{PAGE}ajouter/", TYPED | {"seen_version": str(queries.version())} | change)
    assert answer.status_code == 400 and words in answer.content.decode()
    assert list(queries.own_models()) == ["dome-1"]


def test_a_generic_model_adapted_becomes_the_towns_under_the_same_id(technical: Client) -> None:
    typed = {name: value for name, value in TYPED.items() if name != "id"}
    technical.post(f"{PAGE}fixed-2mp-6/", typed | {"seen_version": queries.version()})
    assert queries.camera_models()["fixed-2mp-6"].width_px == 3840
    assert catalogue.camera_models()["fixed-2mp-6"].width_px == 1920
    assert "à la place du générique" in technical.get(PAGE).content.decode()


def test_the_editor_knows_a_new_model_at_once_and_its_ground_has_another_version(technical: Client) -> None:
    before = technical.get("/api/plan/ground")
    assert saved(technical).status_code == 400
    imported()
    after = technical.get("/api/plan/ground", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after.json()["models"][0]["id"] == "dome-1"
    assert saved(technical).status_code == 200


def test_a_model_in_a_scenario_or_in_the_programme_is_not_removed_and_says_where(technical: Client) -> None:
    imported()
    saved(technical)
    answer = technical.post(f"{PAGE}dome-1/retirer/", follow=True)
    assert "« Essai »" in answer.content.decode() and TownCameraModel.objects.exists()
    without = {"id": "essai", "name": "Essai", "seen_version": 1, "cameras": []}
    technical.post("/api/plan/save", json.dumps(without), content_type="application/json")
    with pytest.raises(Conflict, match="Essai"):
        services.remove_model("dome-1", by="system")
    Camera.objects.update(model="dome-1")
    with pytest.raises(Conflict, match="C01"):
        services.remove_model("dome-1", by="system")


def test_a_model_that_nothing_uses_leaves_with_its_line(technical: Client) -> None:
    imported()
    assert technical.post(f"{PAGE}dome-1/retirer/").status_code == 302
    assert not TownCameraModel.objects.exists()
    assert Line.objects.filter(action="model.removed", subject="dome-1").count() == 1


def test_the_night_reach_and_power_of_a_camera_come_from_its_model(technical: Client, a_camera: Camera) -> None:
    imported(DOME.replace("9.5", "60.0"))
    Camera.objects.update(model="dome-1")
    row = technical.get("/api/plan/scenarios/ville").json()["cameras"][0]
    assert (row["model"], row["width_px"]) == ("dome-1", a_camera.width_px)
    found = sized(TODAY)
    assert found is not None and found.power[0].poe == ("802.3bt type 4",)


def test_a_camera_beyond_poe_hangs_on_the_cabinet(technical: Client) -> None:
    imported(DOME.replace("9.5", "120.0"))
    Camera.objects.update(model="dome-1")
    found = sized(TODAY)
    assert found is not None and found.power[0].poe == () and found.power[0].mains_w > 120
    assert "propre" in technical.get(PAGE).content.decode()


def test_the_file_that_is_downloaded_is_the_one_that_is_imported(technical: Client) -> None:
    imported()
    answer = technical.get(f"{PAGE}modeles.toml")
    assert answer["Content-Type"] == "application/toml"
    assert catalogue.read_models(answer.content.decode()) == queries.own_models()


def test_the_mayor_reads_the_list_and_changes_nothing(technical: Client, client_of: ClientOf) -> None:
    imported()
    mayor = client_of(Role.MAYOR)
    page = mayor.get(PAGE).content.decode()
    assert "Dôme 4 Mpx" in page and "Importer un fichier" not in page
    assert brought(mayor, DOME).status_code == 403
    assert mayor.post(f"{PAGE}dome-1/retirer/").status_code == 403
    assert TownCameraModel.objects.exists()
