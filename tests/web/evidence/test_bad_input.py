"""Bad input is refused with the article or the missing field, in French and in English.

A pack with a file missing: `packs/test_verifying.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from beffroi.core.errors import BarredByLaw, BeffroiError
from beffroi.evidence import hold_rules, services
from beffroi.evidence.hold_rules import HoldKind
from beffroi.evidence.models import Requisition
from beffroi.evidence.services import Call, HoldRequest
from beffroi.operate.models import Device
from beffroi.people.rules import Role
from tests.web.evidence.conftest import Team, written

pytestmark = pytest.mark.django_db


def both(error: BeffroiError) -> None:
    """Said in two languages, and it names what to mend or the text that bars it."""
    assert error.message and error.message_fr and error.message != error.message_fr
    assert error.field or getattr(error, "article", "")


def test_a_reason_code_that_is_unknown(client_of: Callable[..., Client], device: Device) -> None:
    asked = {"requests": [{"camera": "c01", "kind": "live"}], "reason": {"code": "curiosity"}}
    answer = client_of(Role.OPERATOR).post("/api/grants", asked, content_type="application/json")
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (400, "reason.code")
    assert error["message"] != error["message_fr"] and "motif" in error["message_fr"]


def test_a_scope_past_its_expiry() -> None:
    with pytest.raises(BarredByLaw) as refusal:
        hold_rules.check_not_past(0, 10, destroyed_before_us=10)
    both(refusal.value)
    assert refusal.value.article == "CSI R253-4"


def test_a_call_for_footage_past_its_expiry(call: Call, team: Team) -> None:
    old_us = call.from_at_us - 40 * 86_400_000_000
    with pytest.raises(BarredByLaw) as refusal:
        services.note_call(
            replace(call, from_at_us=old_us, to_at_us=old_us + 60_000_000, cameras=("c01",)), by=team.operator
        )
    both(refusal.value)


def test_a_second_validator_equal_to_the_first(called: Requisition, team: Team) -> None:
    services.receive(called, written(), by=team.chief)
    services.choose(called, {"c01": ""}, by=team.chief)
    services.conclude(called, "images", by=team.chief)
    with pytest.raises(BarredByLaw) as refusal:
        services.validate(called, by=team.chief)
    both(refusal.value)


def test_an_inquiry_hold_without_its_inquiry(device: Device) -> None:
    now_us = time.time_ns() // 1000
    request = HoldRequest(
        id="x",
        camera="c01",
        from_at_us=now_us - 10**9,
        to_at_us=now_us,
        until_at_us=now_us + 10**12,
        subject="R-1",
        kind=HoldKind.INQUIRY,
    )
    with pytest.raises(BarredByLaw) as refusal:
        services.hold(request)
    both(refusal.value)
    assert (refusal.value.article, refusal.value.field) == ("CSI L252-5", "officer")
