"""The impact assessment of the demo town: written, approved, opened again; the CNIL before a high risk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from beffroi.authorise import queries as authorise
from beffroi.authorise.assessment import queries, services
from beffroi.authorise.assessment.rules import Due, Section, Threat
from beffroi.authorise.dossier import building
from beffroi.authorise.dossier import queries as dossiers
from beffroi.authorise.dossier import services as dossier_services
from beffroi.authorise.dossier.pieces import Lack
from beffroi.authorise.models import Assessment, Dossier, Framework, Order
from beffroi.authorise.models.dossiers import PieceChoice
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import NewDeclaration, declare
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.people.rules import Role
from beffroi.plan.models import Camera, Phase
from tests.web.landed import START, landed_demo

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HIGH = {"sources": "s", "impacts": "i", "measures": "m", "severity_before": 4, "likelihood_before": 4,
        "severity_after": 4, "likelihood_after": 3}  # fmt: skip


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker):
        yield


@pytest.fixture
def dossier(landed: None, db: None) -> Dossier:
    """The renewal, whole but for its impact assessment."""
    found = Dossier.objects.get(pk="renouvellement-1-2")
    dossier_services.attach(found, PieceChoice.CONFORMITY, name="Attestation", content=b"%PDF-1.7", by="system")
    Dossier.objects.filter(pk=found.pk).update(mode="assessment")
    found.refresh_from_db()
    return found


def renewed(**risks: Any) -> Assessment:
    """A new version, with the officer's opinion, approved."""
    row = services.open_version(reason="revue", on=START, by="system")
    services.write(row, Section.DPO, {"stance": "favourable", "opinion": "Lu.", "on": START}, by="system")
    for threat, fields in risks.items():
        services.write(row, Section(f"risk-{threat}"), fields, by="system")
    services.approve(row, by_name="La maire", at=timezone.now(), by="system")
    return row


@pytest.fixture
def technician(landed: None, db: None, client_of: Callable[..., Client]) -> Client:
    return client_of(Role.TECHNICAL)


def test_a_camera_turned_away_opens_the_demos_assessment_again_until_a_new_version_is_approved(
    dossier: Dossier,
) -> None:
    assert [(one.due, one.subject) for one in queries.due(START)] == [(Due.DRIFT, "c25")]
    assert [one.lack for one in dossiers.missing(dossier, START)] == [Lack.ASSESSMENT_REVIEW]
    renewed()
    assert queries.due(START) == () and dossiers.missing(dossier, START) == ()


def test_a_new_phase_forces_a_review_before_it_is_asked_for_or_declared(dossier: Dossier) -> None:
    renewed()
    last = Phase.objects.order_by("programme__rank", "rank").last()
    assert last is not None
    new = Phase.objects.create(pk="p9", programme=last.programme, rank=last.rank + 1, name="Phase nouvelle",
                               starts_on=START, planned_on=START)  # fmt: skip
    Camera.objects.filter(pk="c01").update(phase=new)
    found = {one.subject for one in dossiers.missing(dossier, START) if one.lack is Lack.ASSESSMENT_REVIEW}
    assert found == {"phase:p9", "cameras:p1"}
    order = Order.objects.filter(covered__camera="c01").latest("signed_on")
    letter = NewDeclaration(phase=new, order=order, letter_number="L-9", sent_on=START,
                            commissioning_on=START + timedelta(days=30))  # fmt: skip
    with pytest.raises(BarredByLaw, match="Open a version of the impact assessment"):
        declare(letter, by="system", at=timezone.now())
    row = services.open_version(reason="phase nouvelle", on=START, by="system")
    fields = {"text": "Décrit.", "phases": [*row.phases.all(), new]}
    services.write(row, Section.CONTEXT, fields, by="system")
    services.write(row, Section.DPO, {"stance": "favourable", "opinion": "Lu.", "on": START}, by="system")
    services.approve(row, by_name="La maire", at=timezone.now(), by="system")
    assert dossiers.missing(dossier, START) == ()
    declare(letter, by="system", at=timezone.now())


@pytest.mark.usefixtures("papers_made")
def test_a_high_residual_risk_bars_filing_and_commissioning_until_the_cnil_answered(dossier: Dossier) -> None:
    now = timezone.now()
    row = renewed(access=HIGH)
    assert queries.version_of(row).high == (Threat.ACCESS,)
    assert [one.lack for one in dossiers.missing(dossier, START)] == [Lack.HIGH_RISK]
    with pytest.raises(BarredByLaw, match="high-risk"):
        dossier_services.file(dossier, on=START, by="system")
    gates = authorise.gates(["c01", "c45"], at=now)
    assert Shut.HIGH_RISK in gates["c45"].missing and Shut.HIGH_RISK not in gates["c01"].missing
    services.record_consultation(row, asked_on=START, by="system")
    assert queries.must_consult()
    services.record_consultation(row, asked_on=START, answered_on=START, reference="CNIL 1", by="system")
    assert Shut.HIGH_RISK not in authorise.gates(["c45"], at=now)["c45"].missing
    dossier_services.file(dossier, on=START, by="system")


def test_a_high_risk_bars_the_form_with_every_piece_too(dossier: Dossier) -> None:
    renewed(loss=HIGH)
    dossier.mode = "pieces"
    assert Lack.HIGH_RISK in {one.lack for one in dossiers.missing(dossier, START)}


def test_a_version_approved_is_kept_and_the_next_begins_from_it(dossier: Dossier) -> None:
    before = queries.standing()
    assert before is not None
    with pytest.raises(Conflict, match="kept as it is"):
        services.write(before, Section.MEASURES, {"text": "Autre."}, by="system")
    row = services.open_version(reason="suite", on=START, by="system")
    assert (row.number, row.risks, row.texts) == (2, before.risks, before.texts)
    assert row.dpo_stance == "" and list(row.phases.all()) == list(before.phases.all())
    with pytest.raises(Conflict, match="being written already"):
        services.open_version(reason="encore", on=START, by="system")
    with pytest.raises(BarredByLaw, match="the first: dpo"):
        services.approve(row, by_name="La maire", at=timezone.now(), by="system")


def test_a_risk_does_not_grow_by_its_measures(dossier: Dossier) -> None:
    row = services.open_version(reason="suite", on=START, by="system")
    worse = HIGH | {"severity_before": 2}
    with pytest.raises(InvalidInput, match="not graver or likelier"):
        services.write(row, Section.ACCESS, worse, by="system")


def test_the_ministrys_framework_is_joined_sealed_and_named_by_its_hash_in_the_paper(
    dossier: Dossier, technician: Client, tmp_path: Path
) -> None:
    content = b"%PDF-1.7 cadre"
    scan = SimpleUploadedFile("cadre.pdf", content, content_type="application/pdf")
    asked = {"name": "Analyse-cadre du 20 mars 2024 (jeu fictif)", "scan": scan}
    assert technician.post("/analyse-d-impact/cadre/joindre/", asked).status_code == 302
    kept = Framework.objects.get()
    assert kept.sha256 == hashlib.sha256(content).hexdigest() and content not in bytes(kept.sealed)
    assert technician.get("/analyse-d-impact/cadre/").content == content
    assert renewed().framework == kept
    dossier.cameras.set(Camera.objects.filter(site="s09"))
    building.build(dossier, tmp_path / "out", made_at=AT, by="system")
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    joined = {one["file"]: one["sha256"] for one in index["joined"]}
    assert joined["15-doctrine-cadre.pdf"] == kept.sha256
    assert (tmp_path / "out" / "15-doctrine-cadre.pdf").read_bytes() == content


def test_with_an_assessment_exactly_the_pieces_that_it_leaves_are_made(dossier: Dossier, tmp_path: Path) -> None:
    renewed()
    dossier.cameras.set(Camera.objects.filter(site="s09"))
    building.build(dossier, tmp_path / "out", made_at=AT, by="system")
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert {one["file"] for one in index["documents"]} == {
        "00-sommaire.pdf", "03-plans-de-masse.pdf", "04-plan-d-ensemble.pdf", "04-plans-de-detail.pdf",
        "12-cerfa-13806.pdf", "13-conformite-technique.pdf", "14-engagement-cnil.pdf", "15-analyse-d-impact.pdf",
        "20-modifications.pdf",
    }  # fmt: skip


def test_a_clerk_writes_a_version_and_the_officer_gives_an_opinion(
    technician: Client, client_of: Callable[..., Client]
) -> None:
    assert technician.post("/analyse-d-impact/ouvrir/", {"reason": "Revue"}).status_code == 302
    page = technician.get("/analyse-d-impact/2/").content.decode()
    assert "1 rubrique à remplir" in page
    lines = {"actions": "Former ; chef du centre ; mars\nContrôler ; délégué"}
    refused = technician.post("/analyse-d-impact/2/actions/", lines)
    assert refused.status_code == 400 and "La ligne 2" in refused.content.decode()
    officer = client_of(Role.DPO)
    given = {"stance": "unfavourable", "opinion": "Durée trop longue.", "on": "2026-11-23"}
    assert officer.post("/analyse-d-impact/2/avis/", given).status_code == 302
    assert officer.post("/analyse-d-impact/2/measures/", {"text": "x"}).status_code == 403
    assert technician.post("/analyse-d-impact/2/valider/", {"by_name": "La maire"}).status_code == 302
    row = queries.standing()
    assert row is not None and (row.number, row.dpo_stance) == (2, "unfavourable")
    assert len(row.cameras) == Camera.objects.count()


def test_what_is_to_be_decided_includes_an_assessment_that_does_not_know_a_phase(technician: Client) -> None:
    assert "Rouvrir" not in technician.get("/autorisations/").content.decode()
    Assessment.objects.get(number=1).phases.remove(Phase.objects.get(pk="px"))
    page = technician.get("/autorisations/").content.decode()
    assert "Rouvrir l&#x27;analyse d&#x27;impact" in page and "« Extension » n&#x27;y est pas étudiée" in page
