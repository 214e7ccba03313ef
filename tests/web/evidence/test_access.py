"""A resident's request from the receipt to the end: shielded at once, answered in time, told in the journal."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise.models import Order, OrderCamera
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput, NotFound
from beffroi.core.instants import to_us
from beffroi.evidence.access import copies, letters, queries, services
from beffroi.evidence.access.rules import Kind, Mark, Next, Regime
from beffroi.evidence.models import AccessRequest, AccessStep, Hold
from beffroi.evidence.queries import holds_of
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.evidence.conftest import Team

pytestmark = pytest.mark.django_db
HOUR_US = 3_600_000_000
NAME = "Mme Rouquette-Essai"
TRACK = (Mark(at_us=1, left=0.1, top=0.1, width=0.2, height=0.3),)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.BEFFROI = replace(settings.BEFFROI, data=tmp_path)


@pytest.fixture
def dpo(agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.DPO)


@pytest.fixture
def new(device: Device) -> services.NewRequest:
    now_us = services.clock.now_us()
    return services.NewRequest(
        kind=Kind.ACCESS,
        asker=NAME,
        address="3 rue Inventée, Ville d'essai",
        received_on=timezone.localdate(),
        place="place du Marché",
        cameras=("c01",),
        from_at_us=now_us - HOUR_US,
        to_at_us=now_us - HOUR_US + 300_000_000,
    )


@pytest.fixture
def row(new: services.NewRequest, dpo: Agent) -> AccessRequest:
    return services.register(new, by=dpo)


def ready(row: AccessRequest, dpo: Agent, team: Team, found: str = "with-others") -> None:
    services.note_receipt(row, by=dpo)
    services.confirm_identity(row, by=dpo)
    services.note_found(row, found, by=team.operator)


def test_a_request_shields_what_it_asks_about_and_no_longer_than_the_order(row: AccessRequest) -> None:
    (hold,) = holds_of(["c01"], services.clock.now_us())["c01"]
    assert (hold.from_at_us, hold.to_at_us) == (row.from_at_us, row.to_at_us)
    assert hold.until_at_us == row.from_at_us + 15 * 86_400_000_000
    assert Hold.objects.get().kind == "access"


def test_what_was_destroyed_already_is_written_down_all_the_same(new: services.NewRequest, dpo: Agent) -> None:
    old = new.from_at_us - 40 * 24 * HOUR_US
    made = services.register(replace(new, from_at_us=old, to_at_us=old + 60_000_000), by=dpo)
    assert not Hold.objects.exists()
    assert [step.did for step in made.steps.all()] == ["received"]


def test_numbers_follow_each_other(row: AccessRequest, new: services.NewRequest, dpo: Agent) -> None:
    second = services.register(new, by=dpo)
    year = timezone.localdate().year
    assert [row.number, second.number] == [f"A-{year}-001", f"A-{year}-002"]


def test_who_asks_is_in_no_column_in_clear_and_in_no_line(row: AccessRequest, dpo: Agent, team: Team) -> None:
    stored = AccessRequest.objects.values_list().get()
    assert not any(
        NAME.encode() in (bytes(one) if isinstance(one, memoryview) else str(one).encode()) for one in stored
    )
    assert queries.asker(row, dpo)[0] == NAME
    assert queries.asker(row, team.operator) == ("", "")
    lines = Line.objects.filter(action__startswith="access-request.")
    assert {(line.subject, line.reason) for line in lines} == {(row.number, "access-request")}
    assert NAME not in str(list(Line.objects.values_list()))


@pytest.mark.parametrize(
    ("field", "value"),
    [("asker", " "), ("address", ""), ("received_on", timezone.localdate() + timedelta(days=2)), ("to_at", None)],
)
def test_a_request_lacks_nothing(new: services.NewRequest, dpo: Agent, field: str, value: Any) -> None:
    wrong = replace(new, to_at_us=new.from_at_us - 1) if field == "to_at" else replace(new, **{field: value})
    with pytest.raises(InvalidInput) as refusal:
        services.register(wrong, by=dpo)
    assert refusal.value.field == field and refusal.value.message != refusal.value.message_fr
    assert not AccessRequest.objects.exists()


def test_it_goes_from_receipt_to_a_watched_recording_and_lifts_its_lock(
    row: AccessRequest, dpo: Agent, team: Team
) -> None:
    ready(row, dpo, team)
    services.grant(row, "watched", by=dpo)
    services.appoint(row, timezone.now() + timedelta(days=2), by=dpo)
    with pytest.raises(InvalidInput):
        services.close(row, by=dpo)
    services.note_watched(row, by=dpo)
    services.close(row, by=dpo)
    assert queries.standing(queries.request(row.number), timezone.localdate()).awaited is Next.NOTHING
    assert holds_of(["c01"], services.clock.now_us()) == {}


def test_a_refusal_needs_its_ground_and_its_letter_names_article_and_routes(row: AccessRequest, dpo: Agent) -> None:
    with pytest.raises(BarredByLaw) as refusal:
        services.refuse(row, "too-much-work", by=dpo)
    assert (refusal.value.article, refusal.value.field) == ("CSI R253-6 IV", "ground")
    with pytest.raises(NotFound):
        letters.letter(row, "refusal", by=dpo)
    services.refuse(row, "proceedings", by=dpo)
    text = str(letters.said(queries.request(row.number), "refusal", by=dpo))
    for words in ("R253-6 IV", "procédures engagées", "CNIL", "LIL 108", "commission", "L. 253-5", "tribunal", NAME):
        assert words in text, words


def test_each_letter_is_archival_and_the_receipt_is_dated(row: AccessRequest, dpo: Agent) -> None:
    made = letters.letter(queries.request(row.number), "receipt", by=dpo)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert pdf.Root.Lang == "fr" and pdf.Root.MarkInfo.Marked
        assert b"pdfaid" in pdf.Root.Metadata.read_bytes()
    text = str(letters.said(row, "receipt", by=dpo))
    assert "Récépissé" in text and f"{row.received_on:%d/%m/%Y}" in text and "jeu fictif" in text


def test_an_objection_is_answered_by_the_law_itself(new: services.NewRequest, dpo: Agent) -> None:
    row = services.register(replace(new, kind=Kind.OBJECTION), by=dpo)
    with pytest.raises(BarredByLaw):
        services.grant(row, "answer", by=dpo)
    services.refuse(row, "no-objection", by=dpo)
    assert [step.code for step in row.steps.filter(did="refused")] == ["no-objection"]


def test_a_limitation_is_off_unless_the_town_turned_it_on_and_the_dpo_signed(
    row: AccessRequest, dpo: Agent, settings: Any, agent_with: Callable[..., Agent]
) -> None:
    until_at_us = row.to_at_us + 60 * 24 * HOUR_US
    with pytest.raises(BarredByLaw) as refusal:
        services.limit(row, until_at_us, by=dpo)
    assert refusal.value.article == "CSI L252-5"
    evidence = replace(settings.BEFFROI.evidence, limitation=True)
    settings.BEFFROI = replace(settings.BEFFROI, evidence=evidence)
    with pytest.raises(BarredByLaw):
        services.limit(row, until_at_us, by=agent_with(Role.CHIEF))
    services.limit(row, until_at_us, by=dpo)
    limited = Hold.objects.get(kind="limitation")
    assert (limited.until_at_us, limited.signed_by) == (until_at_us, dpo)


def test_a_copy_is_drawn_covered_and_checked_by_two_people(row: AccessRequest, dpo: Agent, team: Team) -> None:
    ready(row, dpo, team)
    track = (replace(TRACK[0], at_us=row.from_at_us),)
    with pytest.raises(InvalidInput):
        services.draw(row, "c01", [track], by=team.chief)
    services.grant(row, "copy", by=dpo)
    with pytest.raises(InvalidInput):
        services.draw(row, "c01", [], by=team.chief)
    services.draw(row, "c01", [track], by=team.chief)
    services.copy_made(row, "c01", "ab" * 32, by=team.chief)
    for who in (team.chief,):
        with pytest.raises(BarredByLaw):
            services.check_copy(row, by=who)
    with pytest.raises(BarredByLaw) as refusal:
        services.hand_over(row, by=dpo)
    assert refusal.value.article == "CSI R253-6 IV"
    services.check_copy(row, by=team.operator)
    services.hand_over(row, by=dpo)
    assert Line.objects.filter(action="access-request.covered", register="export").count() == 1


def test_name_and_address_are_forgotten_a_year_after_the_end(row: AccessRequest, dpo: Agent) -> None:
    services.note_receipt(row, by=dpo)
    services.refuse(row, "defence", by=dpo)
    services.close(row, by=dpo)
    now = timezone.now()
    assert services.forget_due(to_us(now + timedelta(days=360))) == []
    assert services.forget_due(to_us(now + timedelta(days=367))) == [row.number]
    assert services.forget_due(to_us(now + timedelta(days=367))) == []
    kept = AccessRequest.objects.get()
    assert (bytes(kept.asker), bytes(kept.address), kept.tracks) == (b"", b"", {})


def test_the_regime_is_that_of_the_cameras_or_the_dpo_s_choice(new: services.NewRequest, dpo: Agent) -> None:
    assert services.register(new, by=dpo).regime == "police-justice"
    assert services.register(replace(new, regime=Regime.GDPR), by=dpo).regime == "gdpr"


def test_silence_shows_as_late(row: AccessRequest, dpo: Agent) -> None:
    with pytest.raises(BarredByLaw):
        services.extend(row, by=dpo)
    standing = queries.standing(row, timezone.localdate() + timedelta(days=70))
    assert standing.is_late and standing.days_left < 0


# -- pages --------------------------------------------------------------------------------------------------


def test_the_pages_take_a_request_from_the_letter_box_to_the_answer(
    client_of: Callable[..., Client], device: Device
) -> None:
    client, on = client_of(Role.DPO), timezone.localtime() - timedelta(hours=2)
    typed = {
        "kind": "access",
        "received_on": f"{timezone.localdate()}",
        "asker": NAME,
        "address": "3 rue Inventée",
        "on": f"{on:%Y-%m-%d}",
        "from_time": f"{on:%H:%M}",
        "to_time": f"{on:%H:%M}:59",
        "cameras": ["c01"],
    }
    answer = client.post("/demandes/inscrire/", typed)
    assert answer.status_code == 302, answer.content.decode()
    page = answer["Location"]
    act = page + "acte/"
    assert NAME in client.get(page).content.decode()
    for done in ("receipt", "identify"):
        assert client.post(act, {"act": done}).status_code == 302
    assert client.post(act, {"act": "look", "found": "with-others"}).status_code == 403
    operator = client_of(Role.OPERATOR)
    assert NAME not in operator.get(page).content.decode()
    assert operator.post(act, {"act": "look", "found": "with-others"}).status_code == 302
    assert operator.post(act, {"act": "grant", "way": "copy"}).status_code == 403
    refused = client.post(act, {"act": "refuse", "ground": ""})
    assert refused.status_code == 403 and "CSI R253-6 IV" in refused.content.decode()
    assert client.post(act, {"act": "grant", "way": "copy"}).status_code == 302
    letter = client.get(page + "lettre/grant/")
    assert letter["Content-Type"] == "application/pdf" and letter.content.startswith(b"%PDF")
    assert client.get(page + "lettre/refusal/").status_code == 404
    assert "couvrir les autres personnes" in client.get(page).content.decode()


def test_the_public_page_says_rights_and_routes_in_both_languages(client: Client, device: Device) -> None:
    french = client.get("/vos-droits/", headers={"accept-language": "fr"}).content.decode()
    english = client.get("/vos-droits/", headers={"accept-language": "en"}).content.decode()
    assert "L. 253-5" in french and "CNIL" in french and "rendez-vous" in french
    assert "Your rights" in english and "CNIL" in english


def test_a_copy_is_only_fetched_once_made_and_its_fetching_is_a_line(
    row: AccessRequest, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.OPERATOR)
    address = f"/demandes/{row.number}/copie/c01/"
    assert client.get(address).status_code == 404
    path: Path = copies.folder_of(row) / "c01.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"covered")
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == b"covered"  # type: ignore[attr-defined]  # a file is streamed
    assert Line.objects.filter(action="access-request.fetched", camera="c01").count() == 1
    copies.destroy(row)
    assert not path.exists()


def test_a_camera_whose_pictures_are_gone_does_not_bare_the_others(
    new: services.NewRequest, dpo: Agent, make_camera: Callable[..., Camera]
) -> None:
    OrderCamera.objects.filter(camera=make_camera("c02")).delete()
    Order.objects.update(retention_days=10)
    old = new.from_at_us - 12 * 24 * HOUR_US  # past the order's ten days, within our own fifteen
    services.register(replace(new, from_at_us=old, to_at_us=old + HOUR_US, cameras=("c01", "c02")), by=dpo)
    assert list(Hold.objects.values_list("camera", flat=True)) == ["c02"]


def test_nobody_checks_the_copy_of_a_camera_that_they_covered(row: AccessRequest, dpo: Agent, team: Team) -> None:
    services.copy_made(row, "c01", "ab" * 32, by=team.chief)
    services.copy_made(row, "c02", "ab" * 32, by=team.deputy)
    for who in (team.chief, team.deputy):
        with pytest.raises(BarredByLaw):
            services.check_copy(row, by=who)
    services.check_copy(row, by=team.operator)


@pytest.mark.parametrize("lasts", [True, False])
def test_a_copy_goes_with_the_end_of_its_request_or_of_its_lock_and_none_is_drawn_after(
    row: AccessRequest, dpo: Agent, team: Team, lasts: bool
) -> None:
    killed = copies.folder_of(row) / f"{copies.MAKING}x"
    killed.mkdir(parents=True)
    (killed / "original.mp4").write_bytes(b"not covered")
    assert services.purge_copies(services.clock.now_us()) == [] and killed.exists()
    ready(row, dpo, team)
    services.grant(row, "copy", by=dpo)
    if lasts:
        assert services.purge_copies(Hold.objects.get().until_at_us) == [row.number]
    else:
        AccessStep.objects.create(request=row, did="closed", by=dpo, at_us=services.clock.now_us())
        Hold.objects.update(released_at_us=1)  # as a close that was killed before its files went
        with pytest.raises(Conflict):
            services.draw(row, "c01", [(replace(TRACK[0], at_us=row.from_at_us),)], by=team.chief)
        assert services.purge_copies(services.clock.now_us()) == [row.number]
    assert not killed.exists() and services.purge_copies(services.clock.now_us()) == []
    assert Line.objects.get(action="access-request.copies-destroyed").register == "erasure"
