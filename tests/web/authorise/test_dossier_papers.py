"""The papers of a dossier say what the town's data say, are archivable, and are marked while something is missing."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import shutil
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoDbBlocker

from beffroi.authorise.dossier import building, doubts, keeping, making, pages, queries, services, tasks
from beffroi.authorise.dossier import words as sentences
from beffroi.authorise.dossier.documents import cameras, forms, money, zones
from beffroi.authorise.dossier.documents import papers as paper_module
from beffroi.authorise.dossier.documents.gathered import Gathered, gather
from beffroi.authorise.dossier.documents.papers import Barred, Paper, papers, words
from beffroi.authorise.dossier.documents.public import square_code
from beffroi.authorise.dossier.pieces import Doubt, Lack, Missing, Piece
from beffroi.authorise.models import Attachment, BuiltDocument, Contact, Dossier, DossierText, Drift, OrderCamera, Sign
from beffroi.authorise.models.dossiers import Decision, PieceChoice
from beffroi.authorise.queries import systems_on
from beffroi.cli.answers import DossierBuilt
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, Camera, Link, MeasuredWeek
from beffroi.territory.models import Building, PublicBuilding
from tests.pdf_words import words_of
from tests.web.landed import START, landed_demo

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEGENDS = "C01"
"""The camera that stands in every legend."""


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker):
        yield


@pytest.fixture
def draft(landed: None, db: None) -> Dossier:
    return Dossier.objects.get(pk="renouvellement-1-2")


@pytest.fixture(scope="module")
def gathered(landed: None, django_db_blocker: DjangoDbBlocker) -> Gathered:
    with django_db_blocker.unblock():
        return gather(Dossier.objects.get(pk="renouvellement-1-2"), made_at=AT)


@pytest.fixture
def given(gathered: Gathered, db: None) -> Gathered:
    """Of the draft as the town has it, gathered once for this module: to be read."""
    return gathered


def completed(dossier: Dossier) -> None:
    """What the demo's draft lacks."""
    services.write_text(dossier, "retention-reason", "Quinze jours : le temps des plaintes.", by="system")
    services.attach(dossier, PieceChoice.CONFORMITY, name="Attestation", content=b"%PDF-1.7", by="system")


def made(given: Gathered) -> dict[str, Paper]:
    return {one.name: one for one in papers(given) if isinstance(one, Paper)}


def said(paper: Paper) -> str:
    return json.dumps(paper.given, ensure_ascii=False)


@pytest.mark.any_database
def test_every_paper_is_archivable_is_read_aloud_and_says_its_title(draft: Dossier, tmp_path: Path) -> None:
    built = building.build(draft, tmp_path / "out", made_at=AT, by="system")
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    DossierBuilt.model_validate(index)
    assert len(index["documents"]) == len(built.drawn) >= len(words())
    assert {"03-plans-de-masse.pdf", "04-plans-de-detail.pdf", "09-plan-des-affiches.pdf"} <= {
        row["file"] for row in index["documents"]
    }
    for row in index["documents"]:
        content = (tmp_path / "out" / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"], told["pdfuaid:part"]) == ("2", "A", "1"), row
            assert told["dc:title"] == row["title"] and str(pdf.Root.Lang) == "fr"
            assert bool(pdf.Root.MarkInfo.Marked) and len(pdf.pages) == row["pages"]
    same_count_in_every_piece(tmp_path / "out", sorted(draft.cameras.values_list("number", flat=True)))
    assert BuiltDocument.objects.filter(dossier=draft).count() == len(built.drawn)
    assert Line.objects.filter(action="dossier.built").exists()


def same_count_in_every_piece(folder: Path, numbers: list[str]) -> None:
    """The cameras printed on the plans, in the form, the report, the questionnaire are those of the database."""

    def printed(name: str) -> list[str]:
        with pikepdf.open(folder / f"{name}.pdf") as pdf:
            return [one.text for page in pdf.pages for one in words_of(page)]

    form = printed("12-cerfa-13806")
    assert form[form.index("Caméras de voie publique") + 1] == str(len(numbers))
    for name in ("04-plan-d-ensemble", "04-plans-de-detail", "03-plans-de-masse", "02-rapport-de-presentation",
                 "13-conformite-technique"):  # fmt: skip
        assert {one for one in printed(name) if re.fullmatch(r"C\d\d", one)} - {LEGENDS} == set(numbers) - {LEGENDS}
    sheets = [one for one in printed("06-fiches-cameras") if re.match(r"C\d\d · ", one)]
    assert [one.partition(" ")[0] for one in sheets] == numbers


def test_the_public_list_names_every_system_in_force_with_its_gazette_and_who_answers(given: Gathered) -> None:
    listed = said(made(given)["27-liste-publique"])
    assert all(number in listed for number in ("R-007", "R-012", "R-004", "X-009"))
    assert "renouvellement 007 (jeu fictif)" in listed and "Centre de supervision urbain" in listed
    assert "2017-0428-003" not in listed


def test_an_incomplete_dossier_is_marked_on_every_page_and_says_what_is_missing_first(draft: Dossier) -> None:
    found = made(gather(draft, made_at=AT))
    public_list = found.pop("27-liste-publique")
    assert public_list.given["draft"] is None, "it is the town's, whatever this dossier lacks"
    assert {one.given["draft"] for one in found.values() if "draft" in one.given} == {paper_module.DRAFT}
    assert "Raisons de la durée de conservation" in said(found["00-sommaire"])
    assert found["10-conservation"].given["blocks"][0]["kind"] == "warning"
    completed(draft)
    whole = made(gather(draft, made_at=AT))
    assert {one.given["draft"] for one in whole.values() if "draft" in one.given} == {None}
    assert all(one.given["blocks"][0]["kind"] != "warning" for one in whole.values() if "blocks" in one.given)


def test_one_of_a_thing_is_written_in_the_singular(given: Gathered) -> None:
    one = replace(given, cameras=given.cameras[:1], zones=given.zones[:1], signs=given.signs[:1])
    found = made(one)
    for name, wanted in {
        "01-diagnostic-de-surete": "pour 1 caméra, en 1 emplacement et 1 zone sensible.",
        "06-fiches-cameras": "1 caméra, une fiche par page",
        "09-information-du-public": "1 affiche pour 1 emplacement.",
    }.items():
        assert wanted in said(found[name]), name
    assert any("0 caméra sur 1 " in said(paper) for paper in found.values())


def test_the_counts_of_the_form_are_those_of_the_database_and_of_each_list(draft: Dossier, given: Gathered) -> None:
    found, count = made(given), draft.cameras.count()
    rows = [block for block in found["02-rapport-de-presentation"].given["blocks"] if block["kind"] == "table"]
    assert len(rows[-1]["rows"]) == count
    assert f"{count} au plan, {count} en base, {count} au formulaire" in said(found["00-sommaire"])
    assert ["Caméras de voie publique", str(count)] in facts_of(found["12-cerfa-13806"])
    sheets = [one for one in found["06-fiches-cameras"].given["blocks"] if one["kind"] == "page"]
    assert len(sheets) == count
    every_number = [camera.number for camera in draft.cameras.all()]
    assert [row[0] for row in rows[-1]["rows"]] == every_number


def test_the_diagnosis_tells_hot_spots_and_repeats_of_each_zone_asked_and_no_more_than_they_show(
    given: Gathered,
) -> None:
    blocks = made(given)["01-diagnostic-de-surete"].given["blocks"]
    tables = {tuple(block["head"]): block["rows"] for block in blocks if block["kind"] == "table"}
    (spots,) = [rows for head, rows in tables.items() if "Surface dense, ha" in head]
    (pairs,) = [rows for head, rows in tables.items() if "Paires dedans" in head]
    assert len(spots) == len(pairs) == len(given.zones)
    assert given.hot is not None
    heat = given.hot.zones[given.zones[0].pk]
    assert spots[0][2:] == [f"{heat.dense_facts} sur {heat.facts}", f"{heat.dense_later} sur {heat.later}",
                            str(heat.hot_cells)]  # fmt: skip
    poor = replace(given, hot=None, followed=replace(given.followed, town=replace(given.followed.town, expected=0.0)))
    told = said(made(poor)["01-diagnostic-de-surete"])
    assert "aucune carte n'est tracée" in told and "Trop peu de faits placés dans la ville" in told


def facts_of(paper: Paper) -> list[list[str]]:
    return [row for block in paper.given["blocks"] if block["kind"] == "facts" for row in block["rows"]]


def test_each_zone_of_the_report_has_dated_facts_with_their_source(given: Gathered) -> None:
    dated = [value for name, value in facts_of(made(given)["02-rapport-de-presentation"]) if name == "Faits datés"]
    assert len(dated) == len(given.zones)
    assert all("source : jeu fictif" in one and "du " in one for one in dated)


def test_no_percentage_of_fall_is_told_and_the_power_is_told_before_the_vote(added: Gathered) -> None:
    diagnosis = said(made(added)["01-diagnostic-de-surete"])
    assert "seule une baisse d'au moins" in diagnosis and "zones sans caméra" not in diagnosis
    others = {zone.pk for zone in added.all_zones} - {zone.pk for zone in added.zones}
    filmed = others & set(Camera.objects.filter(states__state="in-service").values_list("site__zone", flat=True))
    assert filmed and f"{len(others)} zones hors demande, dont {len(filmed)} ont déjà des caméras" in diagnosis
    assert "(95 % : de" in diagnosis


def test_no_effect_is_foretold_for_a_renewal(given: Gathered) -> None:
    diagnosis = said(made(given)["01-diagnostic-de-surete"])
    assert "aucun effet ne se mesure" in diagnosis and "serait décelable" not in diagnosis


def test_the_note_changes_when_the_inventory_changes(draft: Dossier, given: Gathered) -> None:
    name = "07-transmission-enregistrement-traitement"
    before = said(made(given)[name])
    Camera.objects.filter(pk="c03").update(width_px=2560, height_px=1440)
    assert said(made(gather(draft, made_at=AT))[name]) != before


def test_the_note_tells_measured_cameras_apart(draft: Dossier, given: Gathered) -> None:
    name = "07-transmission-enregistrement-traitement"
    total, camera = len(given.cameras), given.cameras[0]
    assert f"0 caméra sur {total}" in said(made(given)[name])
    MeasuredWeek.objects.create(camera=camera, to_on=AT.date(), mean_mbit_s=2.1, p95_mbit_s=3.4, source="essai")
    note = said(made(gather(draft, made_at=AT))[name])
    assert f"1 caméra sur {total}" in note and "2,1 à 3,4, mesurés" in note


def test_the_note_says_what_each_link_carries(draft: Dossier, given: Gathered) -> None:
    name = "07-transmission-enregistrement-traitement"
    tables = [block for block in made(given)[name].given["blocks"] if block["kind"] == "table"]
    rows = {row[0]: row for table in tables if table["head"][0] == "Liaison" for row in table["rows"]}
    carried = given.carried["f12"]
    medium, cameras, worst = rows["Bras Place du Mandarous"][3:6]
    of_site = tuple(Camera.objects.filter(site="s01").order_by("pk").values_list("pk", flat=True))
    assert (medium, cameras) == ("fibre", str(len(carried.cameras)))
    assert set(of_site) <= set(carried.cameras)
    assert f"{100 * carried.share:.0f} %" in worst
    Link.objects.filter(pk="f12").update(medium="radio", is_encrypted=True, capacity_mbit_s=200)
    assert "radio, chiffrée" in said(made(gather(draft, made_at=AT))[name])


def test_the_form_says_by_what_the_cameras_of_the_request_are_linked(draft: Dossier, given: Gathered) -> None:
    def told() -> str:
        return dict(facts_of(made(gather(draft, made_at=AT))["12-cerfa-13806"]))["Transmission"]

    assert dict(facts_of(made(given)["12-cerfa-13806"]))["Transmission"] == "fibre de la commune"
    draft.cameras.set(Camera.objects.filter(site="s01"))
    of_site = set(draft.cameras.values_list("pk", flat=True))
    ways = [pk for pk, budget in given.carried.items() if of_site & set(budget.cameras)]
    Link.objects.filter(pk="f12").update(medium="radio")
    assert len(ways) > 1 and told() == "fibre et radio de la commune"
    Link.objects.filter(pk__in=ways).update(medium="radio")
    assert told() == "radio de la commune"
    PublicBuilding.objects.update(is_centre=False)
    assert told().startswith("autre : ")


@pytest.mark.parametrize(("insee_code", "department"), [("12145", "12"), ("2A004", "2A"), ("97411", "974")])
def test_the_form_names_the_department_of_the_towns_code(insee_code: str, department: str, given: Gathered) -> None:
    town = copy(given.town)
    town.insee_code = insee_code
    form = made(replace(given, town=town))["12-cerfa-13806"]
    assert dict(facts_of(form))["Département"] == department


def test_the_sheet_of_a_camera_says_the_purposes_of_the_request_and_that_of_its_zone(draft: Dossier) -> None:
    Dossier.objects.filter(pk=draft.pk).update(purposes=["safety", "public-buildings"])
    rows = sheet_of(gather(Dossier.objects.get(pk=draft.pk), made_at=AT), "C01")
    assert re.findall(r"(\d)°", rows["Finalités"]) == ["5", "1"]
    assert re.findall(r"(\d)°", rows["Finalité de la zone"]) == ["5"]


def sheet_of(given: Gathered, number: str) -> dict[str, str]:
    """Every line of a camera's sheet."""
    blocks = cameras.camera_sheets(given)
    first = next(i for i, one in enumerate(blocks) if str(one.get("text", "")).startswith(f"{number} ·"))
    return {str(name): str(value) for block in blocks[first + 1 : first + 4] for name, value in block["rows"]}


def test_the_sheet_of_a_camera_says_that_its_geometry_does_not_allow_what_it_is_for(given: Gathered) -> None:
    short = sheet_of(given, "C25")["Besoin et géométrie"]
    assert short.startswith("la géométrie ne permet pas « reconnaître » à 7,6 m (nulle part : 104 px/m au plus")
    assert "Besoin et géométrie" not in sheet_of(given, "C05")


def test_declared_values_become_measured_ones_once_a_camera_is_accepted(draft: Dossier, given: Gathered) -> None:
    before = said(made(given)["13-conformite-technique"])
    assert "Valeurs déclarées au dépôt" in before and "à mesurer" in before
    camera = Camera.objects.get(pk="c03")
    sheet = AcceptanceSheet.objects.create(site=camera.site, opened_on=START)
    for item, value in (("resolution", "1280 × 720"), ("rate", "14,9 images/s")):
        AcceptanceMeasure.objects.create(sheet=sheet, camera=camera, item=item, measured=value, is_passed=True,
                                         by="system", at=AT)  # fmt: skip
    after = said(made(gather(draft, made_at=AT))["13-conformite-technique"])
    assert "14,9 images/s (23 novembre 2026)" in after and "Caméras aux valeurs mesurées : 1 sur 26" in after


def test_without_a_dpo_no_notice_is_drawn(draft: Dossier) -> None:
    Contact.objects.get(pk="dpo").delete()
    barred = [one for one in papers(gather(draft, made_at=AT)) if isinstance(one, Barred)]
    assert [one.name for one in barred] == ["09-affiche-a3", "09-affiche-a4"]
    assert Lack.NO_CONTACT in {one.lack for one in queries.missing(draft, START)}


def test_a_notice_says_who_why_and_which_rights_with_the_full_variant(given: Gathered) -> None:
    names = [row[0] for row in made(given)["09-affiche-a3"].given["rows"]]
    assert names == ["Responsable", "Pourquoi", "Conservation", "Vos droits", "Délégué à la protection des données",
                     "Réclamation"]  # fmt: skip


def test_a_notice_carries_the_square_code_of_the_public_page_once_the_server_has_a_name(
    draft: Dossier, settings: Any
) -> None:
    assert made(gather(draft, made_at=AT))["09-affiche-a4"].given["square"] is None
    web = replace(settings.BEFFROI.web, names=("beffroi.ville.example",))
    settings.BEFFROI = replace(settings.BEFFROI, web=web)
    named = gather(draft, made_at=AT)
    notice = made(named)["09-affiche-a4"]
    square = notice.given["square"]
    assert square == square_code("https://beffroi.ville.example/vos-droits/")
    assert square != square_code("https://beffroi.ville.example/autre/")
    corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[:7] for row in square[:7]] == [row[-7:] for row in square[:7]] == corner
    assert [row[:7] for row in square[-7:]] == corner
    with pikepdf.open(io.BytesIO(notice.pdf(named))) as pdf:
        assert len(pdf.pages) == 1


def test_no_reason_for_the_retention_no_filing(draft: Dossier) -> None:
    with pytest.raises(BarredByLaw):
        services.file(draft, on=START, by="system")


@pytest.mark.usefixtures("papers_made")
def test_an_impact_assessment_stands_for_seven_pieces_once_it_describes_the_system(draft: Dossier) -> None:
    completed(draft)
    Dossier.objects.filter(pk=draft.pk).update(mode="assessment")
    draft.refresh_from_db()
    assert [one.lack for one in queries.missing(draft, START)] == [Lack.ASSESSMENT_REVIEW]
    Drift.objects.all().delete()
    assert queries.missing(draft, START) == ()
    assert pages.page(draft, START).pieces[0].label == "analyse d’impact (AIPD)"
    assert len(pages.page(draft, START).pieces) == 5
    services.file(draft, on=START, by="system")


@pytest.mark.usefixtures("papers_made")
def test_both_modes_are_complete_with_their_papers(draft: Dossier) -> None:
    completed(draft)
    assert queries.missing(draft, START) == ()
    services.file(draft, on=START, by="system")
    assert pages.standing(draft, (), START).word == "déposé, récépissé attendu"


def test_differences_with_the_order_are_the_paper_of_a_modification(draft: Dossier, given: Gathered) -> None:
    assert "Aucune différence" in said(made(given)["20-modifications"])
    Camera.objects.filter(pk="c03").update(bearing_deg=200.0)
    assert "cap" in said(made(gather(draft, made_at=AT))["20-modifications"])
    new = gather(Dossier.objects.get(pk="extension-voultre-48"), made_at=AT)
    assert "20-modifications" not in made(new)


@pytest.mark.parametrize("mode", ["pieces", "assessment"])
def test_a_camera_known_to_be_turned_is_a_doubt_in_both_modes_and_paper_20_says_it(
    draft: Dossier, technician: Client, mode: str
) -> None:
    Dossier.objects.filter(pk=draft.pk).update(mode=mode)
    draft.refresh_from_db()
    drift = Drift.objects.get(camera="c25", cleared_at=None)
    (doubt,) = (one for one in doubts.doubtful(draft) if one.doubt is Doubt.KNOWN_DRIFT)
    said_fr = sentences.doubts_fr([doubt])[0]
    assert said_fr.startswith("C25 · ") and f"réorientée, {drift.by:.0f}°" in said_fr
    page = html.unescape(technician.get(f"/dossier/{draft.pk}/").content.decode())
    assert said_fr in page and sentences.doubt_where(draft, doubt) in page
    changes = json.dumps(forms.changes(gather(draft, made_at=AT)), ensure_ascii=False)
    assert said_fr in changes and "Écarts constatés sur place" in changes
    Drift.objects.filter(pk=drift.pk).update(cleared_at=AT)
    assert Doubt.KNOWN_DRIFT not in {one.doubt for one in doubts.doubtful(draft)}


def test_the_means_of_the_town_are_all_its_orders_in_force_whatever_the_request_and_its_people(draft: Dossier) -> None:
    extension = Dossier.objects.get(pk="extension-voultre-48")
    told, people = zones.standing_means(gather(extension, made_at=AT))
    in_force = systems_on(START)
    numbers = [row[0] for row in told["rows"][:-1]]
    assert sorted(numbers) == sorted(order.number for order in in_force) and len(numbers) >= 4
    covered = OrderCamera.objects.filter(order__in=in_force).values("camera").distinct().count()
    assert told["rows"][-1][-1] == str(covered)
    rows = dict(people["rows"])
    assert "page Agents" in rows["Personnes habilitées"] and "[à compléter]" in rows["Effectifs, postes, patrouilles"]
    extension.filed_on = None
    services.write_text(extension, "means", "Six agents, deux postes, de 8 h à 2 h.", by="system")
    _told, people = zones.standing_means(gather(extension, made_at=AT))
    assert dict(people["rows"])["Effectifs, postes, patrouilles"] == "Six agents, deux postes, de 8 h à 2 h."


def test_the_sheet_of_a_camera_says_its_way_to_the_centre_link_after_link(draft: Dossier) -> None:
    given = gather(draft, made_at=AT)
    way = "Bras Gare, parvis → Bras Centre technique municipal → Bras Mairie"
    assert sheet_of(given, "C01")["Liaison vers le centre"] == way
    centre = PublicBuilding.objects.get(is_centre=True).pk
    for camera in given.cameras:
        last = given.ways[camera.site_id][-1]
        assert centre in (last.from_end, last.to_end)
    PublicBuilding.objects.update(is_centre=False)
    assert "[à compléter]" in sheet_of(gather(draft, made_at=AT), "C01")["Liaison vers le centre"]


def test_presets_are_listed_with_their_camera_and_a_difference_is_told_in_the_modification(draft: Dossier) -> None:
    place = {"name": "Place", "bearing_deg": 40.0, "tilt_deg": 8.0, "hfov_deg": 20.0, "time_share": 0.5}
    Camera.objects.filter(pk="c01").update(presets=[place])
    found = made(gather(draft, made_at=AT))
    told = "Place : cap 40°, inclinaison 8°, champ 20,0°"
    assert told in said(found["06-fiches-cameras"])
    for name in ("02-rapport-de-presentation", "06-fiches-cameras"):
        assert "Positions enregistrées des caméras mobiles" in said(found[name])
    assert "position enregistrée ajoutée" in said(found["20-modifications"])
    assert told in said(found["20-modifications"])
    covered = OrderCamera.objects.get(order=draft.replaces_id, camera="c01")
    del covered.baseline["presets"]
    covered.save()
    older = said(made(gather(draft, made_at=AT))["20-modifications"])
    assert "Aucune différence" in older
    assert "Positions enregistrées de C01 : l'état autorisé n'en consigne aucune" in older


def test_a_declaration_is_made_for_each_phase_and_the_security_note_names_its_evidence(given: Gathered) -> None:
    found = made(given)
    assert {"19-declaration-p1", "19-declaration-p2"} <= found.keys()
    table = next(block for block in found["08-securite"].given["blocks"] if block["kind"] == "table")
    assert table["rows"] and all(row[2] for row in table["rows"])


def test_the_annex_of_the_coordination_agreement_says_alerts_lines_response_and_access(given: Gathered) -> None:
    paper = made(given)["25-annexe-coordination"]
    headings = [block["text"] for block in paper.given["blocks"] if block["kind"] == "heading"]
    assert headings == ["Parties et système", "Alerter et répondre", "Téléphone et radio", "Accéder aux images",
                        "Caméras", "Durée, bilan"]  # fmt: skip
    assert "05 00 00 00 06" in said(paper) and "canal 2" in said(paper) and "CPP 60-1" in said(paper)
    boxes = next(block for block in paper.given["blocks"] if block["kind"] == "signatures")["boxes"]
    assert [box[0] for box in boxes][:2] == ["Le maire", "Le préfet"]


def test_each_zone_is_traced_to_its_cameras_and_each_camera_to_its_cost(
    draft: Dossier, given: Gathered, technician: Client
) -> None:
    tables = [block for block in made(given)["01-diagnostic-de-surete"].given["blocks"] if block["kind"] == "table"]
    rows = next(one["rows"] for one in tables if one["head"][-1] == "Valeur à neuf HT")
    shown = [row[2].split(" · ")[0] for row in rows if " · " in row[2]]
    assert sorted(shown) == sorted(draft.cameras.values_list("number", flat=True))
    page = pages.trace_page(draft, START)
    assert page.cameras == len(shown) and {one.zone.pk for one, _, _ in page.zones} == {z.pk for z in given.zones}
    assert rows[-1][3] == page.total
    read = technician.get("/dossier/renouvellement-1-2/zones-et-couts/").content.decode()
    assert page.total in read and "/territoire/zones/z01/" in read and "/plans/plan-de-detail-s01.svg" in read


def test_each_frame_of_the_form_has_its_fields(draft: Dossier, given: Gathered) -> None:
    blocks = made(given)["12-cerfa-13806"].given["blocks"]
    frames = [block["text"].partition(".")[0] for block in blocks if block["kind"] == "heading"]
    assert frames == [*(f"Cadre {number}" for number in range(1, 10)), "Cadres 10 et suivants"]
    fields = {name for name, _ in facts_of(made(given)["12-cerfa-13806"])}
    assert {"kind": "lines", "items": ["Nom de naissance, prénom du signataire"]} in blocks
    assert fields >= {
        "Département", "Numéro du dossier précédent", "Responsable",
        "Remise des images aux enquêteurs", "Heures de fonctionnement", "Atteintes passées", "Lieu",
        "Caméras de voie publique", "Plans joints", "Installateur", "Centre de supervision", "Conservation des images",
        "Affiches", "Dont vidéoverbalisation", "Droit d'accès",
    }  # fmt: skip
    boxes = dict(row for block in blocks if block["kind"] == "boxes" for row in block["rows"])
    assert boxes["Renouvellement"] and not boxes["Première demande"] and not boxes["Attestation de conformité jointe"]
    assert sum(name[0].isdigit() for name in boxes) == 11
    assert [block["kind"] for block in blocks][-2:] == ["signatures", "note"]
    completed(draft)
    after = said(made(gather(draft, made_at=AT))["12-cerfa-13806"])
    assert '["Attestation de conformité jointe", true]' in after


def test_a_complete_dossier_leaves_blanks_to_the_pen_and_never_says_that_it_is_to_be_completed(
    draft: Dossier, tmp_path: Path
) -> None:
    draft.cameras.set(Camera.objects.filter(pk="c01"))
    completed(draft)
    Link.objects.update(phase="px")
    Contact.objects.filter(pk__in=("installer", "police", "prefecture")).delete()
    assert building.build(draft, tmp_path, made_at=AT, by="system").missing == 0
    form = printed((tmp_path / "12-cerfa-13806.pdf").read_bytes())
    assert "Nom de naissance" in form and "........................" in form
    assert not [one.name for one in tmp_path.glob("[0-9]*.pdf") if "[à compl" in printed(one.read_bytes())]


def printed(content: bytes) -> str:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return " ".join(one.text for page in pdf.pages for one in words_of(page))


def test_who_has_access_is_who_may_see_pictures_today_and_the_mayor_names_only_the_towns_agents(
    draft: Dossier, agent_with: Any
) -> None:
    agents = {role: agent_with(role) for role in (Role.OPERATOR, Role.OPJ, Role.POLICE)}
    agents[Role.OPERATOR].habilitations.update(category="d")
    agents[Role.POLICE].habilitations.update(last_on=START - timedelta(days=1))
    found = made(gather(draft, made_at=AT))
    rows = [block["rows"] for block in found["12-cerfa-13806"].given["blocks"] if block["kind"] == "table"]
    assert {row[0] for table in rows for row in table} >= {"operator", "opj"}
    assert "police" not in {row[0] for table in rows for row in table}
    assert "police" in {row[0] for row in found["17-habilitations"].given["blocks"][2]["rows"]}
    order = next(block for block in found["17-habilitations"].given["blocks"] if block["kind"] == "list")
    assert [item.partition(",")[0] for item in order["items"]] == ["operator"]


def test_a_declaration_counts_the_cameras_of_its_order_alone(draft: Dossier) -> None:
    draft.cameras.set(Camera.objects.filter(phase="px"))
    paper = made(gather(draft, made_at=AT))["19-declaration-px"]
    (table,) = (block for block in paper.given["blocks"] if block["kind"] == "table")
    assert [row[0] for row in table["rows"]] == ["C45", "C46", "C47"] and "de 3 caméras de l'arrêté X-009" in said(
        paper
    )


def test_a_letter_sent_stays_whole_whatever_the_dossier_asks_and_nothing_is_declared_for_no_camera(
    draft: Dossier,
) -> None:
    draft.cameras.set(Camera.objects.filter(pk="c01"))
    sent = said(made(gather(draft, made_at=AT))["19-declaration-p1"])
    assert "de 13 caméras de l'arrêté" in sent and "2017-118" in sent and "C13" in sent
    extension = made(gather(Dossier.objects.get(pk="extension-voultre-48"), made_at=AT))
    assert not [name for name in extension if name.startswith("19-")]


def test_every_lack_leads_to_a_page_where_it_is_filled(draft: Dossier, technician: Client) -> None:
    subjects = {Lack.NO_TEXT: "context", Lack.NO_CONTACT: "dpo", Lack.NO_EVIDENCE: "z01", Lack.NO_SIGN: "s01",
                Lack.NOT_CONFORMING: "c01:TEC-9", Lack.DWELLING_UNMASKED: "c01:b1,b2",
                Lack.ASSESSMENT_REVIEW: "drift:c25"}  # fmt: skip
    for lack in Lack:
        subject = subjects.get(lack, "c01")
        one = Missing(piece=Piece.REPORT, lack=lack, subject=subject)
        (want,) = sentences.wants(draft, [one])
        assert "%(" not in want.text and technician.get(want.url).status_code == 200, lack
    (want,) = sentences.wants(
        draft, [Missing(piece=Piece.BLOCK_PLAN, lack=Lack.DWELLING_UNMASKED, subject="c01:b1,b2")]
    )
    assert want.text.startswith("C01 · ") and want.text.endswith(": b1, b2.") and want.missing.article == "CSI L251-3"


def test_the_record_of_processing_has_every_field(given: Gathered) -> None:
    fields = dict(facts_of(made(given)["16-registre-des-traitements"]))
    assert all(fields.values())
    assert {"Finalités", "Base légale", "Destinataires", "Transferts hors de l'Union"} <= fields.keys()


def test_the_text_of_level_two_has_the_fields_of_the_law(given: Gathered) -> None:
    fields = dict(facts_of(made(given)["09-information-du-public"]))
    assert all(fields.values())
    assert {"Responsable", "Délégué à la protection des données", "Finalités", "Base légale", "Conservation",
            "Destinataires", "Vos droits", "Réclamation"} <= fields.keys()  # fmt: skip


def test_the_maintenance_piece_is_there_when_somebody_else_maintains(draft: Dossier) -> None:
    assert "9° maintenance" in [line.label for line in pages.page(draft, START).pieces]
    Contact.objects.get(pk="maintainer").delete()
    assert "9° maintenance" not in [line.label for line in pages.page(draft, START).pieces]


@pytest.fixture
def added(draft: Dossier) -> Gathered:
    """A dossier for one camera of the Voultre, whose trench to the lit network is still to be dug."""
    one = Dossier.objects.create(
        id="voultre", name="Voultre", kind="modification", purposes=["safety"], retention_days=15, opened_on=START
    )
    one.cameras.set(Camera.objects.filter(pk="c47"))
    return gather(one, made_at=AT)


def test_what_may_be_granted_is_told_with_the_year_and_the_source_of_its_rules(added: Gathered) -> None:
    paper = said(made(added)["28-plan-de-financement"])
    assert "Règles antérieures à 2026" in paper and "2024, Isère" in paper
    assert "plafond et parts comme lus pour la Moselle en 2022" in paper
    assert paper.count("part à vérifier auprès de la préfecture : ses pages ne la donnent pas") == 3


def test_a_price_that_nobody_published_is_marked_as_supposed_on_its_line(added: Gathered) -> None:
    paper = said(made(added)["28-plan-de-financement"])
    assert "mâts et armoires (supposé)" in paper and "câble, tirage, soudures (supposé)" in paper
    assert "caméras, raccordement compris (supposé)" not in paper


def test_what_is_laid_or_stands_is_neither_billed_nor_helped_a_second_time(given: Gathered, added: Gathered) -> None:
    renewal = said(made(given)["28-plan-de-financement"])
    assert "Rien n'est à construire" in renewal and "aucune aide à l'investissement" in renewal
    assert "Aides au plus" not in facts_names(made(given)["28-plan-de-financement"])
    lines = {item.name: item.quantity for item in money.to_build(added, added.on)}
    unlaid = [link for link in added.links if link.is_fibre and link.laid_on is None and link.lit_on is None]
    assert 0 < len(unlaid) < len(added.links)
    assert lines["câble, tirage, soudures"] == sum(link.length_m for link in unlaid)
    assert lines["caméras, raccordement compris"] == lines["mâts et armoires"] == 1
    assert "enregistreurs" not in lines and lines.get("disques", 0.0) <= 20


def facts_names(paper: Paper) -> set[str]:
    return {name for name, _ in facts_of(paper)}


def test_a_build_takes_the_place_of_the_one_before_and_of_nothing_else(draft: Dossier, tmp_path: Path) -> None:
    draft.cameras.set(Camera.objects.filter(site="s09"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "98-avant.pdf").write_bytes(b"%PDF-1.7")
    (out / "index.json").write_text(json.dumps({"documents": [{"file": "98-avant.pdf"}]}))
    (out / "mine.txt").write_text("a text of somebody")
    with pytest.raises(InvalidInput, match="holds other files"):
        building.build(draft, out, made_at=AT, by="system")
    assert (out / "mine.txt").exists() and (out / "98-avant.pdf").exists()
    (out / "mine.txt").unlink()
    building.build(draft, out, made_at=AT, by="system")
    assert not (out / "98-avant.pdf").exists() and (out / "00-sommaire.pdf").exists()
    assert not (out / ".making").exists()


@pytest.fixture
def folder(draft: Dossier) -> Iterator[Path]:
    """Where the page's papers are made; empty before and after."""
    folder = keeping.folder_of(draft)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)
    making.end(draft)


def test_a_build_that_fails_keeps_the_papers_before_and_the_page_says_what_to_do(
    draft: Dossier, folder: Path, technician: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "08-securite.pdf").write_bytes(b"%PDF-1.7 avant")
    row = {"file": "08-securite.pdf", "title": "Sécurité d'avant", "pages": 1, "sha256": "0" * 64}
    (folder / "index.json").write_text(json.dumps({"documents": [row]}))
    draw = building._draw
    drawn: list[Any] = []

    def full_disk(paper: Paper, given: Gathered, out: Path) -> Any:
        if drawn:
            raise OSError(28, "No space left on device")
        drawn.append(draw(paper, given, out))
        return drawn[-1]

    monkeypatch.setattr(building, "_draw", full_disk)
    with pytest.raises(OSError):
        tasks.build_papers.func(draft.pk, "system")
    page = technician.get(f"/dossier/{draft.pk}/").content.decode()
    assert "relancez-le" in page and "Les documents ci-dessous sont ceux d'avant." in page
    assert technician.get(f"/dossier/{draft.pk}/documents/08-securite/").content == b"%PDF-1.7 avant"
    monkeypatch.setattr(building, "papers", lambda _: [])
    monkeypatch.setattr(building, "plan_papers", lambda _: [])
    tasks.build_papers.func(draft.pk, "system")
    assert making.making_of(draft, timezone.now()) is None and not (folder / "08-securite.pdf").exists()


def test_a_build_stopped_while_papers_took_their_places_is_no_bar_to_the_next(draft: Dossier, tmp_path: Path) -> None:
    draft.cameras.set(Camera.objects.filter(site="s09"))
    aside = tmp_path / ".making"
    aside.mkdir()
    (tmp_path / "99-neuf.pdf").write_bytes(b"%PDF-1.7")
    (aside / "index.json").write_text(json.dumps({"documents": [{"file": "99-neuf.pdf"}]}))
    building.build(draft, tmp_path, made_at=AT, by="system")
    assert not (tmp_path / "99-neuf.pdf").exists() and not aside.exists()


@pytest.mark.usefixtures("folder")
def test_the_page_follows_the_making_and_asks_it_once(draft: Dossier, technician: Client) -> None:
    address = f"/dossier/{draft.pk}/"
    asked = technician.post(f"{address}etablir/")
    assert asked["Location"] == f"{address}?suivre#documents"
    technician.post(f"{address}etablir/")
    assert DBTaskResult.objects.count() == 1
    followed = technician.get(f"{address}?suivre")
    assert followed["Refresh"] == "2" and "Les données se rassemblent." in followed.content.decode()
    making.tell(draft, 7, 30)
    page = technician.get(address)
    assert "Refresh" not in page, "somebody may be typing"
    read = page.content.decode()
    assert '<progress class="bar" max="30" value="7"' in read and "7 documents sur 30 sont prêts." in read
    assert "Établir tous les documents" not in read
    late = making.making_of(draft, timezone.now() + timedelta(minutes=11))
    assert late is not None and "relancez-le" in late.refusal
    making.end(draft)
    assert "Refresh" not in technician.get(f"{address}?suivre")


# -- registers, course, pages -----------------------------------------------------------------------------


def test_a_paper_joined_is_sealed_and_only_of_a_known_type(draft: Dossier) -> None:
    row = services.attach(draft, PieceChoice.CONFORMITY, name="Attestation", content=b"%PDF-1.7 abc", by="system")
    kept = Attachment.objects.get(pk=row.pk)
    assert b"abc" not in bytes(kept.sealed)
    assert services.content_of(kept) == b"%PDF-1.7 abc"
    with pytest.raises(InvalidInput, match="PDF, JPEG or PNG"):
        services.attach(draft, PieceChoice.CONFORMITY, name="x", content=b"<html>", by="system")


@pytest.mark.usefixtures("papers_made")
def test_silence_is_a_refusal_after_four_months_and_not_before(draft: Dossier) -> None:
    completed(draft)
    services.file(draft, on=START, by="system")
    services.record_receipt(draft, number="R-1", on=START, by="system", is_commission_extended=True)
    timer = pages.page(draft, START).timer
    assert timer is not None
    assert (timer.commission_by, timer.implied_refusal_on) == (date(2027, 3, 23), date(2027, 3, 23))
    with pytest.raises(InvalidInput, match="four months"):
        services.record_decision(draft, Decision.IMPLIED_REFUSAL, on=date(2027, 3, 22), by="system")
    assert pages.standing(draft, (), date(2027, 3, 23)).word == "refus implicite"
    services.record_decision(draft, Decision.IMPLIED_REFUSAL, on=date(2027, 3, 23), by="system")


def test_an_overdue_notice_comes_first_and_is_seen_again_by_one_act(draft: Dossier) -> None:
    first = pages.sign_lines(START)[0]
    assert first.word == "vérification en retard"
    services.check_sign(first.sign, on=START, by="system")
    assert Sign.objects.get(pk=first.sign.pk).checked_on == START
    assert pages.sign_lines(START)[0].sign != first.sign


def test_a_filed_dossier_takes_no_paper(draft: Dossier) -> None:
    filed = Dossier.objects.get(pk="extension-voultre-48")
    with pytest.raises(Conflict):
        services.attach(filed, PieceChoice.CONFORMITY, name="x", content=b"%PDF-1.7", by="system")


@pytest.fixture
def technician(draft: Dossier, agent_with: Any) -> Client:
    client = Client()
    client.force_login(agent_with(Role.TECHNICAL), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.usefixtures("papers_made")
def test_what_is_missing_is_filled_where_its_link_leads_and_then_the_dossier_is_filed(
    draft: Dossier, technician: Client
) -> None:
    page = technician.get("/dossier/renouvellement-1-2/").content.decode()
    assert "/dossier/renouvellement-1-2/textes/retention-reason/" in page and "Inscrire le dépôt" not in page
    technician.post("/dossier/renouvellement-1-2/textes/retention-reason/", {"text": "Quinze jours."})
    scan = SimpleUploadedFile("a.pdf", b"%PDF-1.7", content_type="application/pdf")
    joined = {"piece": "conformity", "name": "Attestation", "scan": scan}
    assert technician.post("/dossier/renouvellement-1-2/joindre/", joined).status_code == 302
    technician.post("/dossier/renouvellement-1-2/deposer/", {"filed_on": "2026-11-30"})
    draft.refresh_from_db()
    assert draft.filed_on == date(2026, 11, 30)
    assert DossierText.objects.filter(dossier=draft, key="retention-reason").count() == 1


def test_a_perimeter_takes_the_place_of_two_plans_and_bars_what_lies_outside(
    draft: Dossier, technician: Client
) -> None:
    asked = {"name": draft.name, "kind": "renewal", "replaces": "r2017r", "mode": "pieces", "purposes": ["safety"],
             "retention_days": 15, "cameras": ["c01", "c02"], "perimeter_zones": ["z01"], "max_cameras": 5}  # fmt: skip
    asked["replaces"] = draft.replaces_id
    assert technician.post("/dossier/renouvellement-1-2/demande/", asked).status_code == 302
    draft.refresh_from_db()
    assert Lack.OUTSIDE_PERIMETER in {one.lack for one in queries.missing(draft, START)}
    assert "plan de périmètre" in [line.label for line in pages.page(draft, START).pieces]


def test_the_list_of_1996_stands_beside_todays(draft: Dossier, technician: Client) -> None:
    page = technician.get("/dossier/renouvellement-1-2/1996/").content.decode()
    assert "Consignes générales aux personnels" in page and "retirée en 2023" in page


def test_the_mayor_reads_that_two_pieces_are_to_be_added(draft: Dossier, technician: Client) -> None:
    page = technician.get("/autorisations/").content.decode()
    assert "Ajouter les 2 pièces : Renouvellement, phases 1 et 2" in page


def test_flat_ground_is_said_and_a_camera_over_a_slope_is_named_in_the_report(draft: Dossier) -> None:
    report = said(made(gather(draft, made_at=AT))["02-rapport-de-presentation"])
    assert "Le sol est supposé plat" in report and "Terrain en pente" not in report
    for one in Building.objects.all():
        one.ground_m = 350 + (one.shape["coordinates"][0][0][1] - 44) * 111_195 * 0.08
        one.save(update_fields=["ground_m"])
    report = said(made(gather(draft, made_at=AT))["02-rapport-de-presentation"])
    assert "Terrain en pente, résultat à vérifier sur place : C" in report
