"""The monthly review of the journal: drawn once the month is over, signed by the DPO alone, told when it is late."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import to_us
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append
from beffroi.journal.services import entries as journal_entries
from beffroi.operate.models import Device
from beffroi.oversee.models import Review
from beffroi.oversee.reviews import duties, queries, services
from beffroi.oversee.reviews.documents import review_pdf
from beffroi.oversee.reviews.rules import Figures, Remark
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.territory.models import Town

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
MONTH = date(2025, 3, 1)


def at(month: int, day: int, hour: int = 12) -> int:
    return to_us(datetime(2025, month, day, hour, tzinfo=PARIS))


@pytest.fixture
def when(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock that dates lines."""

    def put(now_us: int) -> None:
        monkeypatch.setattr(journal_entries.clock, "now_us", lambda: now_us, raising=False)

    return put


@pytest.fixture
def march(town: Town, agent_with: Callable[..., Agent], when: Callable[[int], None]) -> Agent:
    """A month of looking, one look at night, a refusal, a lock-out and a gap; April begins."""
    operator = agent_with(Role.OPERATOR, username="Jeanne")
    for number, hour in enumerate((9, 14, 23)):
        when(at(3, 10 + number, hour))
        detail: dict[str, int | str | bool] = {"kind": "live"}
        append(Entry(register=Register.VIEWING, action="grant.given", author=operator.pk, reason="watch",
                     camera="c01", subject=f"g{number}", detail=detail))  # fmt: skip
        if number:
            append(Entry(register=Register.VIEWING, action="view.opened", author=operator.pk, subject=f"g{number}"))
    refused: dict[str, int | str | bool] = {"cause": "barred-by-law", "count": 3}
    append(Entry(register=Register.VIEWING, action="grant.refused", author=operator.pk, reason="watch", detail=refused))
    append(Entry(register=Register.HABILITATION, action="account.locked-out", author="system", subject="unknown"))
    gap: dict[str, int | str | bool] = {"cause": "loss", "from_at_us": at(3, 12), "to_at_us": at(3, 12) + 90_000_000}
    append(Entry(register=Register.GAP, action="gap.found", author="node:n1", camera="c01", detail=gap))
    when(at(4, 2))
    append(Entry(register=Register.VIEWING, action="grant.given", author=operator.pk, reason="watch", subject="g9"))
    return operator


def test_a_month_is_counted_by_reason_and_role_without_a_name(march: Agent) -> None:
    figures = queries.figures_of(MONTH)
    assert figures.accesses == (("viewing", "operator", "watch", 3),)
    assert (figures.night, figures.unopened) == ({"viewing": 1}, 1)
    assert figures.refusals == {"barred-by-law": 3, "locked-out": 1}
    assert figures.gaps == {"loss": (1, 90)}
    assert march.pk not in json.dumps(figures.form) and march.name not in json.dumps(figures.form)


def test_it_is_drawn_once_with_the_journal_verified_and_kept(march: Agent) -> None:
    review = services.draw(MONTH, now_us=at(4, 2))
    assert Figures.of(review.figures).is_whole and review.figures["proof"]["lines"] > 0
    assert services.draw(MONTH, now_us=at(4, 3)).drawn_at_us == at(4, 2)
    assert Line.objects.filter(action="review.drawn").count() == 1
    with pytest.raises(Conflict):
        services.draw(date(2025, 4, 1), now_us=at(4, 30))


def test_the_worker_draws_what_is_over_and_says_once_that_it_is_late(march: Agent) -> None:
    services.watch(at(4, 1))
    assert Review.objects.get().month == MONTH and not Line.objects.filter(action="review.late")
    services.watch(at(4, 16))
    services.watch(at(4, 17))
    line = Line.objects.get(action="review.late")
    assert json.loads(line.detail) == {"due_on": "2025-04-15", "month": "2025-03"}


def test_a_changed_line_is_in_the_review_and_cannot_be_signed_away(
    march: Agent, agent_with: Callable[..., Agent]
) -> None:
    Line.objects.filter(subject="g1", action="grant.given").update(reason="event")
    review = services.draw(MONTH, now_us=at(4, 2))
    assert not Figures.of(review.figures).is_whole
    dpo = agent_with(Role.DPO)
    with pytest.raises(InvalidInput):
        services.sign(review, [Remark.NOTHING], by=dpo)


def test_the_dpo_signs_in_the_browser_and_the_paper_says_so(
    march: Agent, client_of: Callable[..., Client], agent_with: Callable[..., Agent]
) -> None:
    review = services.draw(MONTH, now_us=at(4, 2))
    client, dpo = client_of(Role.DPO), agent_with(Role.DPO)
    assert any("2025-03" in due.url and due.tone == "bad" for due in duties.duties(dpo, timezone.localdate()))
    page = client.get("/controle/revues/2025-03/").content.decode()
    assert "Veille du poste" in page and march.name not in page
    assert client.post("/controle/revues/2025-03/signer/", {"remarks": ["nothing", "night"]}).status_code == 400
    assert client.post("/controle/revues/2025-03/signer/", {"remarks": ["night"]}).status_code == 302
    line = Line.objects.get(action="review.signed")
    assert (line.author, json.loads(line.detail)["remarks"]) == (dpo.pk, "night")
    assert client.post("/controle/revues/2025-03/signer/", {"remarks": ["nothing"]}).status_code == 409
    assert not any("2025-03" in due.url for due in duties.duties(dpo, timezone.localdate()))
    answer = client.get("/controle/revues/2025-03/pdf/")
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert pdf.Root.Lang == "fr"
    review.refresh_from_db()
    assert review_pdf(review) == review_pdf(review)


def test_an_inspector_reads_and_does_not_sign(march: Agent, client_of: Callable[..., Client]) -> None:
    services.draw(MONTH, now_us=at(4, 2))
    client = client_of(Role.INSPECTOR)
    assert client.get("/controle/revues/2025-03/").status_code == 200
    assert client.post("/controle/revues/2025-03/signer/", {"remarks": ["nothing"]}).status_code == 403
    assert client.post("/controle/revues/2025-03/etablir/").status_code == 403


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CHIEF, Role.MAYOR, Role.MAINTAINER])
def test_who_may_not_check_reads_no_review(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get("/controle/revues/").status_code == 403


def test_the_month_under_way_is_shown_and_reading_it_is_a_line(town: Town, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.DPO)
    month = queries.today(services.clock.now_us()).strftime("%Y-%m")
    assert client.get(f"/controle/revues/{month}/").status_code == 200
    assert Line.objects.filter(action="journal.read", detail__contains=month).exists()
    assert client.get("/controle/revues/hier/").status_code == 400


def test_a_refused_view_is_a_line_without_a_camera(device: Device, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.POLICE)
    wanted = {"camera": "c01", "kind": "replay", "from_at_us": 1, "to_at_us": 2}
    asked = {"requests": [wanted], "reason": {"code": "watch"}}
    client.post("/api/grants", asked, content_type="application/json")
    line = Line.objects.get(action="grant.refused")
    assert (line.camera, line.reason, json.loads(line.detail)) == ("", "watch", {"cause": "not-permitted", "count": 1})
