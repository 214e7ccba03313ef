"""Dossiers: what is missing is known from the town's own data, nothing is filed incomplete, changes are told."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker
from shapely.geometry import shape

from beffroi.authorise.dossier import doubts, queries, services, words
from beffroi.authorise.dossier.dwellings import unmasked
from beffroi.authorise.dossier.pieces import Doubt, Lack, Piece
from beffroi.authorise.models import Attachment, Dossier, DossierText, OrderCamera, Sign
from beffroi.authorise.queries import pose_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.people.rules import Role
from beffroi.plan import ground as of_plan
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.editor import seeing
from beffroi.plan.editor.queries import town_rows
from beffroi.plan.editor.rows import PlanAsked, ViewAsked
from beffroi.plan.models import Camera, Link
from beffroi.plan.planned_masks import drawer_of
from beffroi.territory.models import Building, Zone
from beffroi.territory.queries import town
from tests.web.landed import START, landed_demo


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with landed_demo(django_db_blocker):
        yield


@pytest.fixture
def draft(landed: None, db: None) -> Dossier:
    return Dossier.objects.get(pk="renouvellement-1-2")


def test_the_draft_of_the_demo_lacks_two_pieces(draft: Dossier) -> None:
    assert [(one.piece, one.lack) for one in queries.missing(draft, START)] == [
        (Piece.RETENTION, Lack.NO_TEXT),
        (Piece.CONFORMITY, Lack.NO_ATTESTATION),
    ]


def test_the_filed_dossier_of_the_demo_lacks_nothing(draft: Dossier) -> None:
    assert queries.missing(Dossier.objects.get(pk="extension-voultre-48"), START) == ()


@pytest.mark.usefixtures("papers_made")
def test_nothing_is_filed_incomplete_and_a_filed_dossier_does_not_change(draft: Dossier) -> None:
    with pytest.raises(BarredByLaw, match="2 things are missing, the first: no-text retention-reason"):
        services.file(draft, on=START, by="system")
    services.write_text(draft, "retention-reason", "Quinze jours.", by="system")
    Attachment.objects.create(dossier=draft, piece="conformity", name="Attestation", sha256="0" * 64, size_bytes=1,
                              by="system", at="2026-11-23T10:00Z")  # fmt: skip
    services.file(draft, on=START, by="system")
    with pytest.raises(Conflict, match="was filed on 2026-11-23"):
        services.write_text(draft, "context", "Autre.", by="system")


def test_a_zone_whose_facts_are_too_old_blocks_the_dossier(draft: Dossier) -> None:
    in_six_years = START + timedelta(days=6 * 366)
    lacking = queries.missing(draft, in_six_years)
    assert {one.subject for one in lacking if one.lack is Lack.NO_EVIDENCE} == set(
        draft.cameras.values_list("site__zone", flat=True)
    )


def test_a_camera_outside_the_perimeter_is_named(draft: Dossier) -> None:
    draft.perimeter = Zone.objects.get(pk="z01").shape
    draft.max_cameras = 40
    named = {one.subject for one in queries.missing(draft, START) if one.lack is Lack.OUTSIDE_PERIMETER}
    assert not named & set(draft.cameras.filter(site__zone="z01").values_list("pk", flat=True))
    assert named >= set(draft.cameras.filter(site__zone="z09").values_list("pk", flat=True))


def test_a_camera_outside_the_town_is_named(draft: Dossier) -> None:
    assert Lack.OUTSIDE_TOWN not in {one.lack for one in queries.missing(draft, START)}
    Camera.objects.filter(pk="c03").update(lat=44.25, lon=3.30)
    (wanting,) = [one for one in queries.missing(draft, START) if one.lack is Lack.OUTSIDE_TOWN]
    (want,) = words.wants(draft, [wanting])
    assert want.text.startswith("C03 · ") and "hors des limites de la commune" in want.text


def test_what_differs_from_the_order_in_force_is_told(draft: Dossier) -> None:
    assert queries.changes_of(draft) == []
    Camera.objects.filter(pk="c03").update(bearing_deg=200.0)
    draft.cameras.remove(Camera.objects.get(pk="c01"))
    draft.cameras.add(Camera.objects.get(pk="c27"))
    draft.retention_days = 20
    assert [(camera, field) for camera, field, _, _ in queries.changes_of(draft)] == [
        ("", "retention_days"), ("c01", "removed"), ("c03", "bearing_deg"), ("c27", "added"),
    ]  # fmt: skip


def test_presets_that_differ_from_the_order_in_force_are_told_one_by_one(draft: Dossier) -> None:
    place = {"name": "Place", "bearing_deg": 40.0, "tilt_deg": 8.0, "hfov_deg": 20.0, "time_share": 0.5}
    quay = {"name": "Quai", "bearing_deg": 130.0, "tilt_deg": 6.0, "hfov_deg": 8.0, "time_share": 0.5}
    Camera.objects.filter(pk="c01").update(presets=[place | {"tilt_deg": 9.0}, quay])
    covered = OrderCamera.objects.get(order=draft.replaces_id, camera="c01")
    camera = Camera.objects.get(pk="c01")
    kept = asdict(pose_of(camera))
    lost = {"name": "Gare", "bearing_deg": 250.0, "tilt_deg": 5.0, "hfov_deg": 30.0}
    first = {name: value for name, value in place.items() if name != "time_share"}
    OrderCamera.objects.filter(pk=covered.pk).update(baseline=kept | {"presets": [first, lost]})
    told = [(field, words.changed_value(old), words.changed_value(new))
            for _, field, old, new in queries.changes_of(draft)]  # fmt: skip
    assert [(field, str(old), str(new)) for field, old, new in told] == [
        ("preset_added", "None", "Quai : cap 130,0°, inclinaison 6,0°, champ 8,0°"),
        ("preset_changed", "Place : cap 40,0°, inclinaison 8,0°, champ 20,0°",
         "Place : cap 40,0°, inclinaison 9,0°, champ 20,0°"),
        ("preset_removed", "Gare : cap 250,0°, inclinaison 5,0°, champ 30,0°", "None"),
    ]  # fmt: skip
    OrderCamera.objects.filter(pk=covered.pk).update(baseline={k: v for k, v in kept.items() if k != "presets"})
    assert queries.changes_of(draft) == [], "an older order says nothing of them"


def test_a_correction_keeps_what_was_written_before(draft: Dossier) -> None:
    before = queries.texts_of(draft)["context"]
    services.write_text(draft, "context", "Corrigé.", by="system")
    assert queries.texts_of(draft)["context"] == "Corrigé."
    assert DossierText.objects.filter(dossier=draft, key="context", text=before).exists()
    with pytest.raises(InvalidInput, match="is no section"):
        services.write_text(draft, "poetry", "…", by="system")


def test_a_receipt_follows_the_filing(draft: Dossier) -> None:
    with pytest.raises(InvalidInput, match="A receipt follows the filing"):
        services.record_receipt(draft, number="R-1", on=START, by="system")


def test_a_link_too_small_for_its_cameras_blocks_the_dossier_by_name(draft: Dossier) -> None:
    Link.objects.filter(pk="f12").update(capacity_mbit_s=10)
    Link.objects.filter(pk="f13").update(medium="radio")
    wanting = {(one.lack, one.subject): one for one in queries.missing(draft, START)}
    assert (Lack.LINK_TOO_FULL, "f12") in wanting
    assert any(lack is Lack.RADIO_CLEAR for lack, _ in wanting)
    (full,) = words.wants(draft, [wanting[Lack.LINK_TOO_FULL, "f12"]])
    assert "70 %" in full.text and full.missing.article == "arrêté du 3 août 2007, annexe 1 § 2"


def test_a_camera_whose_class_asks_for_more_than_it_declares_blocks_the_dossier(draft: Dossier) -> None:
    Camera.objects.filter(pk="c02").update(target_class="identify", width_px=640, height_px=480, fps=8)
    lacks = [one.subject for one in queries.missing(draft, START) if one.lack is Lack.NOT_CONFORMING]
    assert lacks == ["c02:TEC-9", "c02:TEC-12"]
    Camera.objects.filter(pk="c02").update(aimed_m=2.5, hfov_deg=25, tilt_deg=20, height_m=2.5)
    lacks = [one.subject for one in queries.missing(draft, START) if one.lack is Lack.NOT_CONFORMING]
    assert lacks == ["c02:TEC-12"]


def test_a_camera_without_a_role_blocks_the_dossier(draft: Dossier) -> None:
    Camera.objects.filter(pk="c02").update(role="")
    (wanting,) = [one for one in queries.missing(draft, START) if one.lack is Lack.NO_ROLE]
    assert (wanting.piece, wanting.subject) == (Piece.CONFORMITY, "c02")


def test_an_approach_without_a_sign_is_named_in_the_dossier_and_on_the_page_of_signs(
    draft: Dossier, client_of: Callable[..., Client]
) -> None:
    assert not [one for one in queries.missing(draft, START) if one.lack is Lack.UNSIGNED_APPROACH]
    Sign.objects.filter(site="s01").update(lat=44.2)
    wanting = [one for one in queries.missing(draft, START) if one.lack is Lack.UNSIGNED_APPROACH]
    assert wanting and all(one.piece is Piece.INFORMATION for one in wanting)
    (first,) = words.wants(draft, wanting[:1])
    assert "60 m" in first.text and first.url == "/dossiers/affiches/"
    page = client_of(Role.TECHNICAL).get(first.url).content.decode()
    assert "sans affiche" in page and wanting[0].subject.split(" (")[0] in page


def test_a_dwelling_that_no_planned_mask_hides_is_named_with_its_camera(draft: Dossier) -> None:
    Camera.objects.filter(pk="c09").update(hfov_deg=2.0, tilt_deg=0.0)
    found = [one for one in queries.missing(draft, START) if one.lack is Lack.DWELLING_UNMASKED]
    assert [(one.piece, one.subject.partition(":")[0]) for one in found] == [(Piece.BLOCK_PLAN, "c09")]
    buildings = found[0].subject.partition(":")[2].split(",")
    assert Building.objects.filter(pk__in=buildings, is_dwelling=True).count() == len(buildings) > 0


def unmasked_of(draft: Dossier) -> list[str]:
    return [one.subject for one in queries.missing(draft, START) if one.lack is Lack.DWELLING_UNMASKED]


def test_a_dwelling_seen_only_from_a_second_preset_is_named_when_no_mask_hides_it(draft: Dossier) -> None:
    camera = Camera.objects.get(pk="c01")
    rest = {"name": "Repos", "bearing_deg": camera.bearing_deg, "tilt_deg": camera.tilt_deg,
            "hfov_deg": camera.hfov_deg, "time_share": 0.5}  # fmt: skip
    zoomed = {"name": "Rue", "bearing_deg": 270.0, "tilt_deg": 0.0, "hfov_deg": 2.0, "time_share": 0.5}
    Camera.objects.filter(pk="c01").update(presets=[rest])
    assert unmasked_of(draft) == []
    Camera.objects.filter(pk="c01").update(presets=[rest, zoomed])
    (subject,) = unmasked_of(draft)
    assert Building.objects.get(pk=subject.removeprefix("c01:")).is_dwelling


def test_the_editor_and_the_dossier_give_one_verdict_for_one_camera_in_the_same_words(draft: Dossier) -> None:
    rest = {"name": "Repos", "tilt_deg": 11.0, "hfov_deg": 68.0, "time_share": 0.5, "bearing_deg": 138.0}
    zoomed = {"name": "Rue", "bearing_deg": 270.0, "tilt_deg": 0.0, "hfov_deg": 2.0, "time_share": 0.5}
    Camera.objects.filter(pk="c01").update(presets=[rest, zoomed], model="ptz-2mp-30x")
    Camera.objects.filter(pk="c18").update(presets=[rest], bearing_deg=270.0, tilt_deg=0.0, hfov_deg=2.0)
    Camera.objects.filter(pk="c03").update(model="fixed-2mp-6")
    Camera.objects.filter(pk="c04").update(bearing_deg=270.0, tilt_deg=0.0, hfov_deg=2.0, model="fixed-2mp-6")
    asked, models = PlanAsked(cameras=town_rows()), camera_models()
    in_editor = {one.camera_id: sorted(one.dwellings) for one in seeing.masks(asked).unmasked}
    in_dossier = {
        row.pk: sorted(seen.buildings)
        for row in Camera.objects.filter(pk__in=[one.id for one in asked.cameras])
        if (seen := unmasked(row, models)).buildings
    }
    assert in_editor == in_dossier
    assert {"c01", "c18", "c04"} & in_editor.keys(), "some verdict is a refusal"
    for camera in asked.cameras:
        view = seeing.view(ViewAsked(camera=camera, with_masks=True))
        if view.masks is not None and camera.id in ("c01", "c02", "c03", "c18"):
            row = Camera.objects.get(pk=camera.id)
            assert view.masks.device.said == drawer_of(row, of_plan.camera(row), models).said()[0]


def test_the_dossier_says_who_draws_the_masks_as_the_editor_does(
    draft: Dossier, client_of: Callable[..., Client]
) -> None:
    Camera.objects.filter(pk="c03").update(model="fixed-2mp-6")
    page = client_of(Role.TECHNICAL).get(reverse("dossier", args=[draft.pk])).content.decode()
    page = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())
    assert "posés par la caméra : 8 au plus, de 4 sommets (1 caméra)" in page
    said = "incrustés par l'enregistreur, le modèle n'étant pas connu : 32 au plus, de 64 sommets"
    assert f"{said} ({draft.cameras.count() - 1} caméras)" in page


def test_a_camera_rests_in_the_check_even_where_no_preset_says_so(draft: Dossier) -> None:
    kept = {"name": "Repos", "tilt_deg": 30.0, "hfov_deg": 68.0, "time_share": 1.0}
    Camera.objects.filter(pk="c01").update(
        bearing_deg=270.0, tilt_deg=0.0, hfov_deg=2.0, presets=[kept | {"bearing_deg": 138.0}]
    )
    assert [one.partition(":")[0] for one in unmasked_of(draft)] == ["c01"]


def test_a_camera_placed_in_a_building_blocks_the_dossier(draft: Dossier) -> None:
    inside = shape(max(Building.objects.all(), key=lambda row: shape(row.shape).area).shape).representative_point()
    Camera.objects.filter(pk="c03").update(lon=inside.x, lat=inside.y)
    found = [one.subject for one in queries.missing(draft, START) if one.lack is Lack.INSIDE_BUILDING]
    assert found == ["c03"]


def test_a_perimeter_of_nearly_the_whole_town_is_flagged_with_its_share(draft: Dossier) -> None:
    known = town()
    assert known is not None and known.boundary is not None
    draft.perimeter, draft.max_cameras = known.boundary, 60
    wide = [one for one in queries.missing(draft, START) if one.lack is Lack.PERIMETER_TOO_WIDE]
    assert [one.subject for one in wide] == ["100"]


def test_a_zone_for_a_purpose_that_the_request_does_not_ask_blocks_the_dossier_and_an_idle_purpose_is_a_doubt(
    draft: Dossier, client_of: Callable[..., Client]
) -> None:
    Dossier.objects.filter(pk=draft.pk).update(purposes=["rescue"])
    draft.refresh_from_db()
    zones = {camera.site.zone_id: camera.site.zone.purpose for camera in draft.cameras.select_related("site__zone")}
    found = [one for one in queries.missing(draft, START) if one.lack is Lack.ZONE_PURPOSE]
    assert [one.subject for one in found] == [f"{zone}:{purpose}" for zone, purpose in sorted(zones.items())]
    (idle,) = (one for one in doubts.doubtful(draft) if one.doubt is Doubt.IDLE_PURPOSE)
    assert idle.subject == "rescue"
    page = html.unescape(client_of(Role.TECHNICAL).get(f"/dossier/{draft.pk}/").content.decode())
    for said in (words.sentence(found[0]), words.doubt_sentence(idle), words.doubt_where(draft, idle)):
        assert said in page
    with pytest.raises(BarredByLaw, match="zone-purpose"):
        services.file(draft, on=START, by="system")


def test_purposes_that_zones_carry_are_no_doubt(draft: Dossier) -> None:
    idle = [one.subject for one in doubts.doubtful(draft) if one.doubt is Doubt.IDLE_PURPOSE]
    assert idle == ["traffic", "rescue"]


def of_kind(draft: Dossier, kind: Doubt) -> dict[str, str]:
    """By camera, what is said."""
    return {one.subject: words.doubts_fr([one])[0] for one in doubts.doubtful(draft) if one.doubt is kind}


def test_a_piloted_camera_without_presets_is_said_to_be_judged_at_its_rest_alone(
    draft: Dossier, client_of: Callable[..., Client]
) -> None:
    assert set(of_kind(draft, Doubt.REST_ONLY)) == {"c01", "c18"}
    page = html.unescape(client_of(Role.TECHNICAL).get(f"/dossier/{draft.pk}/").content.decode())
    assert of_kind(draft, Doubt.REST_ONLY)["c01"] in page and reverse("planner") in page
    place = {"name": "Place", "bearing_deg": 40.0, "tilt_deg": 8.0, "hfov_deg": 20.0, "time_share": 0.5}
    Camera.objects.filter(pk="c01").update(presets=[place])
    assert set(of_kind(draft, Doubt.REST_ONLY)) == {"c18"}


def test_a_camera_whose_geometry_does_not_allow_what_it_is_for_is_a_doubt_with_what_it_allows(draft: Dossier) -> None:
    told = of_kind(draft, Doubt.SHORT_SIGHT)
    assert "ne permet pas « reconnaître » à 7,6 m (nulle part : 104 px/m au plus" in told["c25"]
    assert told["c25"].endswith("au lieu de 125).") and "c05" not in told and "c01" not in told
    Camera.objects.filter(pk="c25").update(target_class="observe")
    seen = of_kind(draft, Doubt.SHORT_SIGHT)["c25"]
    assert re.search(r"pas « observer » à 7,6 m ; elle le permet de 8,\d à \d+,\d m\.$", seen)
    Camera.objects.filter(pk="c25").update(aimed_m=12.0)
    assert "c25" not in of_kind(draft, Doubt.SHORT_SIGHT)
