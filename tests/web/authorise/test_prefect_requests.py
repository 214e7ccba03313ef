"""The prefect's request against terrorism: three months for the council, five years for the agreement.

Source: CSI L. 223-8, R. 223-2.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries
from beffroi.authorise.alerts import Alert, AlertKind, RequestFile, Urgency, alerts_on
from beffroi.authorise.models import PrefectRequest
from beffroi.authorise.services import requests
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.authorise.test_pages import text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
RECEIVED = date(2026, 8, 31)


def told(on: str, **more: Any) -> list[tuple[AlertKind, Urgency, date]]:
    asked = RequestFile(id="t-1", received_on=RECEIVED, **more)
    found: list[Alert] = alerts_on(date.fromisoformat(on), requests=(asked,))
    return [(one.kind, one.urgency, one.last_on) for one in found]


def test_the_timer_fires_at_three_months() -> None:
    last_on = date(2026, 11, 30)
    assert told("2026-09-01") == [(AlertKind.VOTE, Urgency.KNOWN, last_on)]
    assert told("2026-10-31") == [(AlertKind.VOTE, Urgency.SOON, last_on)]
    assert told("2026-11-29") == [(AlertKind.VOTE, Urgency.SOON, last_on)]
    assert told("2026-11-30") == [(AlertKind.VOTE, Urgency.NOW, last_on)]


def test_a_vote_that_accepts_waits_for_its_agreement_which_ends_after_five_years() -> None:
    voted = {"voted_on": date(2026, 10, 1)}
    assert told("2026-10-02", **voted) == [(AlertKind.AGREEMENT, Urgency.SOON, date(2026, 11, 30))]
    agreed = voted | {"agreed_on": date(2026, 10, 20)}
    assert told("2026-10-21", **agreed) == []
    assert told("2031-04-20", **agreed) == [(AlertKind.AGREEMENT, Urgency.SOON, date(2031, 10, 20))]
    assert told("2031-10-20", **agreed) == [(AlertKind.AGREEMENT, Urgency.NOW, date(2031, 10, 20))]


@pytest.fixture
def request_row(a_camera: Camera) -> PrefectRequest:
    return requests.record("T-1", received_on=TODAY - timedelta(days=5), places="Gare", on=TODAY, by="7")


def vote(row: PrefectRequest, **changed: Any) -> None:
    said = {"number": "D-1", "is_accepted": True, "voted_on": TODAY, "on": TODAY, "by": "7"}
    requests.vote(row, **(said | changed))  # type: ignore[arg-type]


def test_each_act_is_a_line_of_the_journal_and_stands_once(request_row: PrefectRequest) -> None:
    with pytest.raises(Conflict, match="already recorded"):
        requests.record("T-1", received_on=TODAY, places="Gare", on=TODAY, by="7")
    vote(request_row)
    with pytest.raises(Conflict, match="voted on"):
        vote(request_row)
    requests.agree(request_row, number="C-1", agreed_on=TODAY, on=TODAY, by="7")
    actions = Line.objects.filter(subject="t-1").order_by("index").values_list("action", flat=True)
    assert list(actions) == ["prefect-request.recorded", "prefect-request.voted", "prefect-request.agreed"]


def test_days_that_cannot_be_are_refused(request_row: PrefectRequest) -> None:
    with pytest.raises(InvalidInput, match="before the request"):
        vote(request_row, voted_on=TODAY - timedelta(days=6))
    with pytest.raises(InvalidInput, match="write the vote down first"):
        requests.agree(request_row, number="C-1", agreed_on=TODAY, on=TODAY, by="7")
    with pytest.raises(InvalidInput, match="not come yet"):
        requests.record("T-2", received_on=TODAY + timedelta(days=1), places="Gare", on=TODAY, by="7")


def test_a_refusal_ends_the_matter(request_row: PrefectRequest) -> None:
    assert AlertKind.VOTE in {alert.kind for alert in queries.alerts(TODAY)}
    vote(request_row, is_accepted=False)
    assert not {AlertKind.VOTE, AlertKind.AGREEMENT} & {alert.kind for alert in queries.alerts(TODAY)}


def test_the_mayor_reads_the_last_day_and_the_clerk_writes_the_course_down(
    a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    clerk, mayor = client_of(Role.TECHNICAL), client_of(Role.MAYOR)
    clerk.post(
        "/autorisations/demandes/ajouter/",
        {"number": "T-9", "received_on": TODAY.isoformat(), "places": "Gare\nMairie"},
    )
    page = text_of(mayor.get("/autorisations/"))
    assert "Délibérer sur la demande du préfet T-9" in page
    assert "à délibérer avant le" in page
    clerk.post(
        "/autorisations/demandes/t-9/deliberation/",
        {"number": "D-4", "voted_on": TODAY.isoformat(), "is_accepted": "yes"},
    )
    assert "Signer la convention de financement : demande T-9" in text_of(mayor.get("/autorisations/"))
    clerk.post("/autorisations/demandes/t-9/convention/", {"number": "C-4", "agreed_on": TODAY.isoformat()})
    page = text_of(mayor.get("/autorisations/"))
    assert "C-4" in page and "Signer la convention" not in page
    assert mayor.post("/autorisations/demandes/ajouter/", {}).status_code == 403
