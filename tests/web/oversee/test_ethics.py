"""The charter and its committee: adopted, signed, referred to, reported; nobody named, no picture shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.oversee.ethics import documents, duties, queries, rules, services
from beffroi.oversee.ethics.charter import template
from beffroi.oversee.ethics.rules import Asked, Quality
from beffroi.oversee.ethics.services import Answer
from beffroi.oversee.models import Charter, Pledge, Referral, Seat
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
QUESTION = "La caméra de la place sert-elle encore, depuis que les vols ont cessé ?"


@pytest.fixture
def mayor(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.MAYOR, username="maire")


@pytest.fixture
def operator(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.OPERATOR, username="operatrice")


def adopted(mayor: Agent, own: str = "") -> Charter:
    return services.adopt("Délibération 2026-12", TODAY, by=mayor, own=own)


def words_of(made: bytes) -> str:
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert pdf.Root.Lang == "fr" and not [image for page in pdf.pages for image in page.get_images()]
        return str(pdf.docinfo.get("/Title", ""))


def test_the_seven_principles_are_there_in_two_languages() -> None:
    principles = template().principles
    assert len(principles) == 7 and all(one.fr and one.en and one.said_fr != one.said_en for one in principles)


def test_an_adopted_charter_is_kept_as_it_was_with_the_town_s_own_words(mayor: Agent) -> None:
    row = adopted(mayor, own="Aucune caméra mobile.")
    assert row.content["own"] == "Aucune caméra mobile." and len(row.content["principles"]) == 7
    with pytest.raises(Conflict):
        adopted(mayor, own="Aucune caméra mobile.")
    with pytest.raises(InvalidInput) as refusal:
        services.adopt("D", TODAY + timedelta(days=1), by=mayor)
    assert refusal.value.field == "adopted_on"


def test_whoever_sees_pictures_is_asked_to_sign_until_they_did(mayor: Agent, operator: Agent) -> None:
    assert not list(duties.duties(operator, TODAY))
    row = adopted(mayor)
    (due,) = duties.duties(operator, TODAY)
    assert due.tone == "wait" and not list(duties.duties(mayor, TODAY))
    services.sign(row.pk, by=operator)
    assert not list(duties.duties(operator, TODAY))
    with pytest.raises(Conflict, match="already"):
        services.sign(row.pk, by=operator)
    assert [one.signed_at_us is not None for one in queries.signatories()] == [True]
    newer = adopted(mayor, own="Un rapport chaque semestre.")
    assert len(list(duties.duties(operator, TODAY))) == 1
    with pytest.raises(Conflict, match="Another charter"):
        services.sign(row.pk, by=operator)
    services.sign(newer.pk, by=operator)
    assert Pledge.objects.count() == 2


def test_signing_is_a_button_of_one_s_own_page_and_a_line_of_the_journal(
    mayor: Agent, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.OPERATOR)
    assert "Modèle" in client.get("/controle/charte/").content.decode()
    assert client.get("/controle/charte/engagement/").status_code == 404
    row = adopted(mayor)
    assert "Signer, sans retour" in client.get("/controle/charte/").content.decode()
    assert client.post("/controle/charte/signer/", {"sha256": row.pk}).status_code == 302
    assert Line.objects.filter(action="charter.signed", register="habilitation").count() == 1
    assert words_of(client.get("/controle/charte/engagement/").content) == "Engagement de l'agent"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"question": " "}, "question"),
        ({"question": "Que faisait Monsieur Durand ?"}, "question"),
        ({"question": "La voiture AB-123-CD est-elle passée ?"}, "question"),
        ({"received_on": TODAY + timedelta(days=1)}, "received_on"),
        ({"opinion": "Oui."}, "opinion"),
        ({"opinion": "Oui.", "opinion_on": TODAY - timedelta(days=9)}, "opinion_on"),
        ({"follow_up": "Déposée.", "follow_up_on": TODAY}, "follow_up"),
    ],
)
def test_a_referral_names_nobody_and_goes_in_its_order(changed: dict[str, Any], field: str) -> None:
    whole: dict[str, Any] = {"received_on": TODAY - timedelta(days=5), "question": QUESTION}
    with pytest.raises(InvalidInput) as refusal:
        rules.check(Asked(**(whole | changed)), TODAY)
    assert refusal.value.field == field and refusal.value.message_fr != refusal.value.message


def test_a_referral_is_numbered_answered_and_followed_up(mayor: Agent) -> None:
    rows = [services.refer(Quality.RESIDENT, TODAY, QUESTION, by=mayor) for _ in range(2)]
    assert [row.pk for row in rows] == [f"S-{TODAY.year}-001", f"S-{TODAY.year}-002"]
    services.answer(rows[0], Answer(opinion="Elle peut être déposée.", opinion_on=TODAY), by=mayor)
    services.answer(
        rows[0],
        Answer(opinion="Elle peut être déposée.", opinion_on=TODAY, follow_up="Dépose décidée.", follow_up_on=TODAY),
        by=mayor,
    )
    assert Referral.objects.get(pk=rows[0].pk).follow_up == "Dépose décidée."
    told = Line.objects.filter(action__startswith="referral.")
    assert told.count() == 4 and not [line for line in told if "vols" in line.detail or "Dépose" in line.detail]


def test_seats_are_of_a_quality_and_end(mayor: Agent) -> None:
    row = services.seat(Quality.RESIDENT, "Arrêté 2026-9", date(2026, 1, 1), by=mayor)
    assert {field.name for field in Seat._meta.get_fields()}.isdisjoint({"name", "agent", "email"})
    assert queries.seats(TODAY) == [row]
    services.end_seat(row.pk, by=mayor)
    assert queries.seats(TODAY) == []
    with pytest.raises(Conflict):
        services.end_seat(row.pk, by=mayor)


def test_the_papers_are_made_and_hold_no_picture(mayor: Agent, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.DPO)
    assert words_of(client.get("/controle/charte/pdf/").content) == "Charte de la vidéoprotection"
    adopted(mayor, own="Aucune caméra mobile.")
    services.seat(Quality.LAWYER, "Arrêté 2026-9", date(2026, 1, 1), by=mayor)
    services.refer(Quality.ASSOCIATION, TODAY, QUESTION, by=mayor)
    answer = client.get(f"/controle/ethique/rapport/?annee={TODAY.year}")
    assert words_of(answer.content) == f"Rapport annuel {TODAY.year}"
    assert words_of(documents.charter_pdf(queries.standing(), 1)) == "Charte de la vidéoprotection"
    counts = dict(queries.part(TODAY.year).rows)
    assert (counts["Saisines reçues"], counts["Avis rendus"], counts["Sièges du comité"]) == ("1", "0", "1")


@pytest.mark.parametrize("role", [Role.MAYOR, Role.DPO, Role.CHIEF])
def test_mayor_dpo_and_chief_keep_the_committee_s_register(role: Role, client_of: Callable[..., Client]) -> None:
    client = client_of(role)
    typed = {"quality": "resident", "received_on": TODAY.isoformat(), "question": QUESTION}
    assert client.post("/controle/ethique/saisines/inscrire/", typed).status_code == 302
    number = Referral.objects.get().pk
    named = {"opinion": "Voir Madame Durand.", "opinion_on": TODAY.isoformat()}
    refused = client.post(f"/controle/ethique/saisines/{number}/", named)
    assert refused.status_code == 400 and "ne nomme personne" in refused.content.decode()
    seat = {"quality": "lawyer", "act": "Arrêté 9", "from_on": TODAY.isoformat()}
    assert client.post("/controle/ethique/sieges/inscrire/", seat).status_code == 302
    adoption = {"act": "Délibération 12", "adopted_on": TODAY.isoformat(), "own": ""}
    assert client.post("/controle/charte/adopter/", adoption).status_code == 302
    page = client.get("/controle/ethique/").content.decode()
    assert number in page and "Juriste" in page and "Délibération 12" in page


def test_an_inspector_reads_it_and_writes_nothing(mayor: Agent, client_of: Callable[..., Client]) -> None:
    services.refer(Quality.TOWN, TODAY, QUESTION, by=mayor)
    client = client_of(Role.INSPECTOR)
    page = client.get("/controle/ethique/").content.decode()
    assert "les vols ont cessé" in page and "Inscrire une saisine" not in page
    assert client.get("/controle/ethique/saisines/inscrire/").status_code == 403


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MAINTAINER, Role.ADMIN, Role.PARTNER])
def test_others_read_the_charter_and_not_the_register(role: Role, client_of: Callable[..., Client]) -> None:
    client = client_of(role)
    assert client.get("/controle/charte/").status_code == 200
    assert client.get("/controle/ethique/").status_code == 403
