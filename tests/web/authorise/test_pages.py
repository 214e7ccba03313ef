"""Alerts and drift where people look, and the forms on which papers are written down."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import beffroi
from beffroi.authorise import models as papers
from beffroi.authorise.models import Order
from beffroi.authorise.services import import_town
from beffroi.operate.models import Device
from beffroi.people.rules import Role
from beffroi.plan.models import CameraState

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
ClientOf = Callable[..., Client]


def text_of(answer: Any) -> str:
    plain = re.sub(r"<(title|style)[^>]*>.*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def millau(tmp_path: Path) -> None:
    """The demo town, started today, without its buildings."""
    for path in DEMO_TOWN.iterdir():
        if path.is_file() and path.name != "buildings.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    import_town(tmp_path, start_on=TODAY)


@pytest.mark.usefixtures("millau")
def test_the_mayor_reads_what_is_to_be_decided_on_the_programmes_page(client_of: ClientOf) -> None:
    page = text_of(client_of(Role.MAYOR).get("/programme/"))
    assert "À décider : 3" in page
    assert "Déposer le renouvellement de l'arrêté R-007 (jeu fictif)" in page
    assert re.search(r"Ajouter les \d pièces : Renouvellement, phases 1 et 2", page)
    assert re.search(r"Sinon, caméras qui s'arrêtent le \d+(?:er)? \w+ \d{4} : 26\.", page)
    assert "C25 · Gare routière → quais : réorientée 14°. La remettre en place, ou saisir le préfet" in page
    assert re.search(r"C48 · Rue du Voultre → pont du Larzac : dossier déposé. Refus implicite sans réponse le", page)
    assert re.search(r"R-007 \(jeu fictif\) .{0,60}phases 1 et 2 · caméras : 26 \d+(?:er)? \w+ \d{4} 5 ", page)


@pytest.mark.usefixtures("millau")
def test_a_day_of_the_past_shows_no_difference_found_since(client_of: ClientOf) -> None:
    page = text_of(client_of(Role.MAYOR).get("/programme/?le=2017-06-12"))
    assert "réorientée 14°" not in page
    assert "2017-0428-003" in page


@pytest.mark.usefixtures("millau")
def test_all_papers_stand_on_one_page_and_one_camera_waits_for_its_test(client_of: ClientOf) -> None:
    page = text_of(client_of(Role.TECHNICAL).get("/autorisations/"))
    assert "Caméras prêtes qu'un papier manquant tient fermées : 1." in page
    assert "aucune fenêtre d'essai n'est ouverte. Ouvrir une fenêtre d'essai, de 48 heures" in page
    assert "RU-74-0412 (jeu fictif)" in page
    assert "2019-141 (jeu fictif)" in page


@pytest.mark.usefixtures("millau")
def test_the_page_is_complete_in_english(client_of: ClientOf) -> None:
    client = client_of(Role.TECHNICAL)
    client.post("/compte/langue/", {"language": "en", "next": "/"})
    page = text_of(client.get("/autorisations/"))
    assert "File the renewal of order R-007" in page
    assert "re-aimed 14°. Put it back in place, or ask the prefect for a change." in page
    assert not re.search(r"\b(arrêté|caméras|récépissé|essai|constaté)\b", page)


@pytest.mark.parametrize(
    "address", ["/autorisations/", "/autorisations/arretes/ajouter/", "/autorisations/arretes/o1/"]
)
def test_no_style_or_script_is_inline(client_of: ClientOf, device: Device, address: str) -> None:
    page = client_of(Role.TECHNICAL).get(f"/autorisations/{address}").content.decode()
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", page)


def test_the_cameras_page_names_its_order_or_the_paper_that_is_missing(client_of: ClientOf, device: Device) -> None:
    client = client_of(Role.TECHNICAL)
    page = text_of(client.get("/cameras/c01/"))
    assert "2026-1" in page
    assert "prévention des atteintes à la sécurité" in page
    papers.Undertaking.objects.all().delete()
    page = text_of(client.get("/cameras/c01/"))
    assert "Le récépissé de l'engagement de conformité envoyé à la CNIL manque." in page
    assert "Inscrire le numéro et le jour du récépissé. (CSI R253-7)" in page


ORDER = {
    "number": "2026-90",
    "name": "Modification",
    "signed_on": TODAY.isoformat(),
    "ends_on": (TODAY + timedelta(days=900)).isoformat(),
    "purposes": ["safety", "rescue"],
    "retention_days": "15",
    "recipients": "Police nationale\nGendarmerie",
    "cameras": ["c01"],
    "camera_purposes": "C01 : 5°",
}


def test_an_order_is_recorded_with_its_cameras_and_their_purposes(client_of: ClientOf, device: Device) -> None:
    answer = client_of(Role.TECHNICAL).post("/autorisations/arretes/ajouter/", ORDER)
    assert answer["Location"] == "/autorisations/arretes/2026-90/"
    order = Order.objects.get(number="2026-90")
    assert order.recipients == ["Police nationale", "Gendarmerie"]
    assert [(one.camera_id, one.purposes) for one in order.covered.all()] == [("c01", ["safety"])]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"retention_days": "31"}, "vaut 31, plus d'un mois (CSI L. 252-5) ; 30 au plus"),
        ({"ends_on": "2040-01-01"}, "dépasse cinq ans après la signature (CSI L. 252-4)"),
        ({"camera_purposes": "C01 : 11"}, "aucune hors de son arrêté (CSI L. 251-2)"),
        ({"camera_purposes": "C77 : 5"}, "ne se lit pas"),
        ({"camera_purposes": "C01 : 12"}, "ne se lit pas"),
        ({"purposes": []}, "Finalités (L. 251-2)"),
        ({"number": "2026-1"}, "est déjà inscrit"),
    ],
)
def test_an_unlawful_order_is_refused_beside_its_field(
    client_of: ClientOf, device: Device, changed: dict[str, Any], said: str
) -> None:
    answer = client_of(Role.TECHNICAL).post("/autorisations/arretes/ajouter/", ORDER | changed)
    assert answer.status_code == 400
    assert "À corriger" in text_of(answer)
    assert said in text_of(answer)
    assert Order.objects.count() == 1


def test_every_fault_of_an_order_is_told_at_once(client_of: ClientOf, device: Device) -> None:
    unlawful = ORDER | {"retention_days": "31", "ends_on": "2040-01-01", "minimum_retention_days": "40"}
    page = text_of(client_of(Role.TECHNICAL).post("/autorisations/arretes/ajouter/", unlawful))
    assert all(said in page for said in ("plus d'un mois", "cinq ans", "dépasse la conservation"))


def test_suspending_lifting_and_withdrawing_are_one_act_each(client_of: ClientOf, device: Device) -> None:
    client = client_of(Role.TECHNICAL)
    client.post("/autorisations/arretes/o1/suspendre/")
    assert "Suspendu depuis" in text_of(client.get("/autorisations/arretes/o1/"))
    client.post("/autorisations/arretes/o1/lever/")
    assert Order.objects.get().suspended_at is None
    early = client.post("/autorisations/arretes/o1/retirer/", {"withdrawn_on": "2001-01-01"})
    assert (early.status_code, "précède l'arrêté" in text_of(early)) == (400, True)
    client.post("/autorisations/arretes/o1/retirer/", {"withdrawn_on": TODAY.isoformat()})
    assert "Retiré par le préfet" in text_of(client.get("/autorisations/arretes/o1/"))


def test_receipt_and_declaration_are_recorded(client_of: ClientOf, device: Device) -> None:
    client = client_of(Role.TECHNICAL)
    papers.Undertaking.objects.all().delete()
    today = TODAY.isoformat()
    half = client.post("/autorisations/engagement/", {"sent_on": today, "receipt_number": "R-1"})
    assert (half.status_code, "va avec le jour du récépissé" in text_of(half)) == (400, True)
    client.post("/autorisations/engagement/", {"sent_on": today, "receipt_number": "R-1", "receipt_on": today})
    letter = {"phase": "p1", "order": "o1", "letter_number": "L-2", "sent_on": today, "commissioning_on": "2001-01-01"}
    late = client.post("/autorisations/declarations/ajouter/", letter)
    assert (late.status_code, "(CSI R. 252-17)" in text_of(late)) == (400, True)
    client.post("/autorisations/declarations/ajouter/", letter | {"commissioning_on": today})
    page = text_of(client.get("/autorisations/"))
    assert "R-1" in page
    assert "L-2" in page


def test_a_window_is_opened_and_closed_by_the_chief_from_the_pages(client_of: ClientOf, device: Device) -> None:
    CameraState.objects.update(state="in-test")
    chief = client_of(Role.CHIEF)
    asked = {"cameras": ["c01"], "hours": "72", "reason": "essais"}
    too_long = chief.post("/autorisations/essais/ouvrir/", asked)
    assert (too_long.status_code, "48 heures au plus" in text_of(too_long)) == (400, True)
    chief.post("/autorisations/essais/ouvrir/", asked | {"hours": "48"})
    assert "C01 · Place → c01" in text_of(chief.get("/autorisations/"))
    chief.post(f"/autorisations/essais/{papers.TestWindow.objects.get().pk}/fermer/")
    assert papers.TestedCamera.objects.get().closed_at is not None
    assert chief.post("/autorisations/essais/999/fermer/").status_code == 404


def test_whoever_may_not_configure_writes_no_paper(client_of: ClientOf, device: Device) -> None:
    for role in (Role.MAYOR, Role.CHIEF, Role.DPO, Role.OPERATOR):
        client = client_of(role)
        assert client.post("/autorisations/arretes/ajouter/", ORDER).status_code == 403
        assert client.post("/autorisations/arretes/o1/suspendre/").status_code == 403
    assert Order.objects.get().suspended_at is None


def test_one_button_of_an_order_opens_its_renewal_and_the_order_received_is_filled_from_it(
    client_of: ClientOf, device: Device
) -> None:
    client = client_of(Role.TECHNICAL)
    made = client.post("/autorisations/arretes/o1/suite/", {"kind": "renewal"})
    assert made["Location"] == "/dossier/renouvellement-de-larrete-2026-1/"
    dossier = papers.Dossier.objects.get()
    assert (dossier.kind, dossier.replaces_id, list(dossier.cameras.values_list("pk", flat=True))) == (
        "renewal", "o1", ["c01"],
    )  # fmt: skip
    page = text_of(client.get(made["Location"]))
    assert "Aucune : le maintien à l'identique est demandé." in page
    again = [client.post("/autorisations/arretes/o1/suite/", {"kind": "renewal"}) for _ in range(2)]
    assert [answer.status_code for answer in again] == [302, 409], "a second one has its day in its name"
    form = client.get(f"/autorisations/arretes/ajouter/?dossier={dossier.pk}").content.decode()
    assert re.search(r'value="c01"[^>]*checked', form)
    assert re.search(r'value="safety"[^>]*checked', form)


def test_a_modification_tells_each_difference_with_the_order(client_of: ClientOf, device: Device) -> None:
    client = client_of(Role.TECHNICAL)
    Order.objects.get().covered.update(
        baseline={"lat": 44.1, "lon": 3.07, "bearing_deg": 40.0, "tilt_deg": 10.0, "hfov_deg": 60.0, "kind": "fixed"}
    )
    made = client.post("/autorisations/arretes/o1/suite/", {"kind": "modification"})
    papers.Dossier.objects.update(retention_days=20, purposes=["traffic", "safety"])
    page = text_of(client.get(made["Location"]))
    assert "Différences avec l'arrêté en vigueur : 3" in page
    assert re.search(r"C01 · Place → c01 cap, degrés 40,0 10,0", page)
    assert re.search(r"finalités 5° 3°, 5°", page)
    assert re.search(r"conservation, jours 15 20", page)


@pytest.mark.usefixtures("millau")
def test_silence_runs_from_the_receipt_also_for_a_renewal_whose_cameras_are_in_service(client_of: ClientOf) -> None:
    papers.Dossier.objects.filter(pk="renouvellement-1-2").update(
        opened_on=TODAY - timedelta(days=99), filed_on=TODAY - timedelta(days=99), receipt_on=TODAY - timedelta(days=95)
    )
    page = text_of(client_of(Role.MAYOR).get("/programme/"))
    assert "Obtenir la réponse du préfet : Renouvellement, phases 1 et 2" in page
    assert "Déposer le renouvellement" not in page, "it is filed: the answer is waited for"
    papers.Dossier.objects.filter(pk="renouvellement-1-2").update(decision="granted", decided_on=TODAY)
    assert "Obtenir la réponse du préfet" not in text_of(client_of(Role.MAYOR).get("/programme/"))
