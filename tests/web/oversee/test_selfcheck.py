"""The eight checks of the town: read from its data; the report of conformity comes when all are green."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise.models import Assessment, BuiltDocument, Contact, Dossier, Order, Sign
from beffroi.core.errors import Conflict
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append, sign_head
from beffroi.operate.models import Device, View
from beffroi.oversee.selfcheck import queries, services
from beffroi.oversee.selfcheck.rules import verdicts
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/verifications/"
DAY_US = 86_400_000_000


def now_us() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def green(device: Device) -> Device:
    """A town in which everything the CNIL looked for is right."""
    today = timezone.localdate()
    for role in ("controller", "dpo", "rights"):
        Contact.objects.create(role=role, name=role, address="Mairie")
    Sign.objects.create(id="p1", site_id="s1", place="Mât", lat=44.1, lon=3.08, placed_on=today, checked_on=today)
    days = {"opened_on": today, "retention_days": 15, "purposes": ["safety"]}
    dossier = Dossier.objects.create(id="d1", name="Dossier", kind="new", **days)
    for name in ("15-analyse-d-impact", "16-registre-des-traitements"):
        BuiltDocument.objects.create(
            dossier=dossier, name=name, sha256="0" * 64, pages=3, by="system", at=timezone.now()
        )
    append(Entry(register=Register.COLLECTION, action="node.started", author="node:n1"))
    sign_head(now_us())
    return device


def bad() -> list[str]:
    found = verdicts(queries.town(now_us()), timezone.localdate())
    return [code.value for code, is_good in found.items() if not is_good]


def test_a_town_in_order_is_green_and_gets_its_report(green: Device, client_of: Callable[..., Client]) -> None:
    assert bad() == []
    client = client_of(Role.DPO)
    assert "Toutes sont bonnes" in client.get(PAGE).content.decode()
    answer = client.post(f"{PAGE}conformite/")
    assert answer["Content-Type"] == "application/pdf"
    assert Line.objects.filter(action="conformity.made").count() == 1


def test_no_report_while_a_check_is_red(green: Device, client_of: Callable[..., Client]) -> None:
    Sign.objects.all().delete()
    assert bad() == ["signs"]
    with pytest.raises(Conflict):
        services.conformity(now_us(), by="x")
    assert client_of(Role.DPO).post(f"{PAGE}conformite/").status_code == 409
    assert not Line.objects.filter(action="conformity.made").exists()


def test_footage_destroyed_after_the_order_s_days_is_found(green: Device) -> None:
    late_us = (Order.objects.get().retention_days + 1) * DAY_US
    start_us = now_us() - 40 * DAY_US
    span: dict[str, int | bool | str] = {"from_at_us": start_us, "to_at_us": start_us + 1}
    erased = {**span, "fact_at_us": start_us + late_us}
    append(Entry(register=Register.ERASURE, action="footage.destroyed", camera="c01", detail=erased))
    assert "retention" in bad()


def test_a_view_that_the_journal_does_not_tell_of_is_found(green: Device) -> None:
    look = {"camera": "c01", "node": green.node, "kind": "live", "reason_code": "watch"}
    View.objects.create(grant="g1", issued_at_us=now_us(), **look)
    assert bad() == ["traces"]


def test_papers_that_are_missing_are_red(green: Device) -> None:
    BuiltDocument.objects.all().delete()
    assert bad() == ["record"], "an approved assessment stands"
    Assessment.objects.all().delete()
    assert bad() == ["assessment", "record"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CHIEF, Role.MAYOR])
def test_who_may_not_check_does_not_see_them(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403
