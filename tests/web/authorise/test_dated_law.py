"""The law changes by a dated row: what is signed before its day is judged by the old one, after it by the new one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from beffroi.authorise import limits, services
from beffroi.authorise.limits import limits_on
from beffroi.authorise.rules import Regime
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.evidence import frames
from beffroi.plan import tables
from beffroi.plan.models import Camera
from beffroi.territory.models import Purpose
from tests.web.authorise.test_orders import new_order

TODAY = timezone.localdate()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def amended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From tomorrow on: three years, a week of retention, no more traffic; and a frame of requisition replaced."""
    text = limits.FILE.read_text()
    ended = text.replace('code = "traffic"\n', f'code = "traffic"\nuntil_on = {TOMORROW}\n')
    row = "months = { standard = 36, gathering = 4, urgency = 4 }"
    law = tmp_path / "limits.toml"
    law.write_text(f"{ended}\n[[limits]]\nfrom_on = {TOMORROW}\narticle = 'X'\nretention_days = 7\n{row}\n")
    monkeypatch.setattr(limits, "FILE", law)
    text = frames.FILE.read_text()
    first = text.split("[[frame]]")[1]
    new = first.replace('"60-1"', '"60-1-bis"').replace("from_on = 2005-03-10", f"from_on = {TOMORROW}")
    law = tmp_path / "frames.toml"
    law.write_text(text.replace(first, f"{first.rstrip()}\nuntil_on = {TOMORROW}\n\n", 1) + f"\n[[frame]]{new}")
    monkeypatch.setattr(frames, "FILE", law)


def test_the_purposes_of_the_law_are_those_that_cameras_choose_among() -> None:
    assert limits_on(TODAY).purposes == {purpose.value for purpose in Purpose}
    assert limits_on(date(1997, 1, 1)) == limits_on(date(2012, 5, 1))


def test_a_new_row_holds_from_its_day_and_leaves_the_days_before(amended: None) -> None:
    before, after = limits_on(TODAY), limits_on(TOMORROW)
    assert (before.retention_days, before.months[Regime.STANDARD]) == (30, 60)
    assert (after.retention_days, after.months[Regime.STANDARD]) == (7, 36)
    assert before.purposes - after.purposes == {"traffic"}


@pytest.mark.django_db
def test_an_order_is_judged_by_the_law_of_the_day_it_is_signed(amended: None, a_camera: Camera) -> None:
    at = timezone.now()
    services.record_order(new_order(), by="7", at=at)
    late = {"number": "2026-78", "signed_on": TOMORROW, "ends_on": TOMORROW + timedelta(days=365)}
    for changed, field in (
        ({"retention_days": 7}, "purposes"),
        ({"purposes": ("safety",)}, "retention_days"),
        ({"retention_days": 7, "purposes": ("safety",), "ends_on": TOMORROW + timedelta(days=1500)}, "ends_on"),
    ):
        with pytest.raises(BarredByLaw) as caught:
            services.record_order(new_order(**(late | changed)), by="7", at=at)
        assert caught.value.field == field
    services.record_order(new_order(**(late | {"retention_days": 7, "purposes": ("safety",)})), by="7", at=at)


def test_a_frame_of_requisition_ends_and_another_begins_by_their_days(amended: None) -> None:
    assert frames.frame_of("60-1", TODAY).code == "60-1"
    assert frames.frame_of("60-1-bis", TOMORROW).article == "CPP 60-1"
    for code, on in (("60-1", TOMORROW), ("60-1-bis", TODAY)):
        with pytest.raises(InvalidInput, match="no legal frame in force"):
            frames.frame_of(code, on)


def test_rules_of_aid_are_rows_of_their_year() -> None:
    assert {(one.id, one.year) for one in tables.schemes()[0]} >= {("fipd", 2022), ("fipd", 2024)}
