"""What closes is told months before; what differs from the order is found, and only that."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.authorise.alerts import Alert, AlertKind, OrderFile, PhaseFile, Urgency, alerts_on
from beffroi.authorise.drift import Authorised, DriftKind, Pose, Preset, drift_of
from beffroi.core.dates import DateSpan, add_months


def order(name: str, signed: date, ends: date, *cameras: str) -> OrderFile:
    return OrderFile(id=name, span=DateSpan(from_on=signed, until_on=ends), cameras=frozenset(cameras))


ENDS = date(2027, 4, 25)
ORDER = order("r1", date(2022, 4, 25), ENDS, "c01", "c02")
SERVED = ("c01", "c02")


def renewal(on: date, *others: OrderFile) -> list[Alert]:
    return alerts_on(on, orders=[ORDER, *others], served=SERVED)


@pytest.mark.parametrize(
    ("on", "urgency"),
    [
        (date(2026, 7, 24), None),
        (date(2026, 7, 25), Urgency.KNOWN),
        (date(2026, 10, 24), Urgency.KNOWN),
        (date(2026, 10, 25), Urgency.SOON),
        (date(2026, 12, 24), Urgency.SOON),
        (date(2026, 12, 25), Urgency.NOW),
        (date(2027, 4, 24), Urgency.NOW),
    ],
)
def test_a_renewal_is_called_for_at_nine_six_and_four_months(on: date, urgency: Urgency | None) -> None:
    alerts = renewal(on)
    assert [alert.urgency for alert in alerts] == ([urgency] if urgency else [])
    for alert in alerts:
        assert alert.kind is AlertKind.RENEWAL
        assert (alert.cameras, alert.last_on, alert.falls_on) == (("c01", "c02"), date(2026, 12, 25), ENDS)


def test_an_order_that_ended_is_told_until_its_cameras_are_covered() -> None:
    (alert,) = renewal(ENDS)
    assert (alert.kind, alert.urgency) == (AlertKind.EXPIRED, Urgency.NOW)
    late = order("r2", ENDS + timedelta(days=3), date(2032, 4, 28), "c01", "c02")
    assert [alert.kind for alert in renewal(ENDS + timedelta(days=2), late)] == [AlertKind.EXPIRED]
    assert renewal(ENDS + timedelta(days=3), late) == []


def test_a_renewal_without_a_gap_silences_the_alert_for_the_cameras_it_names() -> None:
    on = date(2027, 1, 10)
    whole = order("r2", date(2027, 1, 5), date(2032, 1, 5), "c01", "c02")
    assert renewal(on, whole) == []
    assert [alert.cameras for alert in renewal(on, order("r2", date(2027, 1, 5), date(2032, 1, 5), "c01"))] == [
        ("c02",)
    ]
    late = order("r2", date(2027, 4, 26), date(2032, 4, 26), "c01", "c02")
    assert len(renewal(on, late)) == 1


def test_cameras_out_of_service_call_for_no_renewal() -> None:
    assert alerts_on(date(2027, 1, 1), orders=[ORDER], served=()) == []


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 60), st.dates(date(2020, 1, 1), date(2036, 1, 1)))
def test_whatever_the_dates_an_order_alone_is_told_from_nine_months_before_its_end(
    signed: date, months: int, on: date
) -> None:
    ends = add_months(signed, months)
    alerts = alerts_on(on, orders=[order("o", signed, ends, "c01")], served=("c01",))
    assert bool(alerts) is (on >= max(signed, add_months(ends, -9)))
    for alert in alerts:
        assert (alert.kind is AlertKind.EXPIRED) is (on >= ends)
        assert (alert.urgency is Urgency.NOW) is (on >= add_months(ends, -4))


@pytest.mark.parametrize(
    ("on", "urgency"),
    [
        (date(2026, 9, 14), Urgency.KNOWN),
        (date(2026, 12, 13), Urgency.KNOWN),
        (date(2026, 12, 14), Urgency.SOON),
        (date(2027, 1, 13), Urgency.SOON),
        (date(2027, 1, 14), Urgency.NOW),
    ],
)
def test_four_silent_months_are_a_refusal(on: date, urgency: Urgency) -> None:
    (alert,) = alerts_on(on, filed={"c48": date(2026, 9, 14)})
    assert (alert.kind, alert.urgency, alert.falls_on) == (AlertKind.IMPLIED_REFUSAL, urgency, date(2027, 1, 14))


def test_a_dossier_filed_on_31_october_is_refused_at_the_end_of_february() -> None:
    (alert,) = alerts_on(date(2027, 2, 28), filed={"c48": date(2026, 10, 31)})
    assert (alert.falls_on, alert.urgency) == (date(2027, 2, 28), Urgency.NOW)


def test_a_phase_is_declared_before_the_day_meant_for_it() -> None:
    phase = PhaseFile(id="px", commissioning_on=date(2026, 12, 18), undeclared=("c47",))
    assert alerts_on(date(2026, 11, 17), phases=[phase]) == []
    (soon,) = alerts_on(date(2026, 11, 18), phases=[phase])
    assert (soon.kind, soon.urgency, soon.last_on) == (AlertKind.DECLARATION, Urgency.SOON, date(2026, 12, 17))
    (now,) = alerts_on(date(2026, 12, 18), phases=[phase])
    assert now.urgency is Urgency.NOW
    declared = PhaseFile(id="px", commissioning_on=date(2026, 12, 18), undeclared=())
    assert alerts_on(date(2026, 12, 18), phases=[declared]) == []


def test_the_most_urgent_comes_first() -> None:
    alerts = alerts_on(date(2027, 1, 1), orders=[ORDER], served=SERVED, filed={"c48": date(2026, 12, 1)})
    assert [alert.urgency for alert in alerts] == [Urgency.NOW, Urgency.KNOWN]


# -- drift ------------------------------------------------------------------------------------------------

POSE: dict[str, Any] = {
    "lat": 44.1,
    "lon": 3.07,
    "bearing_deg": 355.0,
    "tilt_deg": 10.0,
    "hfov_deg": 60.0,
    "kind": "fixed",
}
EAST_DEG = 1 / (111_195.0 * math.cos(math.radians(44.1)))


def authorised(*poses: Pose, **changed: Any) -> Authorised:
    same: dict[str, Any] = {
        "purposes": frozenset({"safety"}),
        "purpose": "safety",
        "kept_days": 15,
        "retention_days": 15,
    }
    return Authorised(baseline=Pose(**POSE), poses=poses or (Pose(**POSE),), **(same | changed))


def kinds(authorised: Authorised) -> dict[DriftKind, float]:
    found = drift_of({"c01": authorised}, named=["c01"], standing=["c01"], streaming=["c01"])
    return {finding.kind: finding.by for finding in found}


def test_a_camera_as_ordered_does_not_drift() -> None:
    assert kinds(authorised()) == {}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"lat": 44.1 + 4.9 / 111_195.0}, {}),
        ({"lat": 44.1 + 5.2 / 111_195.0}, {DriftKind.MOVED: 5.2}),
        ({"lon": 3.07 + 6.0 * EAST_DEG}, {DriftKind.MOVED: 6.0}),
        ({"bearing_deg": 5.0}, {}),
        ({"bearing_deg": 9.0}, {DriftKind.TURNED: 14.0}),
        ({"bearing_deg": 341.0}, {DriftKind.TURNED: 14.0}),
        ({"tilt_deg": 20.0}, {}),
        ({"tilt_deg": 21.0}, {DriftKind.TILTED: 11.0}),
        ({"hfov_deg": 66.0}, {}),
        ({"hfov_deg": 53.0}, {DriftKind.FIELD: 11.7}),
        ({"kind": "ptz"}, {DriftKind.KIND: 0.0}),
    ],
)
def test_a_camera_that_moved_turned_or_zoomed_drifts_beyond_the_limit_only(
    changed: dict[str, Any], found: dict[DriftKind, float]
) -> None:
    assert kinds(authorised(Pose(**(POSE | changed)))) == found


def test_the_plan_and_the_survey_are_both_held_against_the_order_and_the_worst_is_told() -> None:
    edited, seen = Pose(**(POSE | {"bearing_deg": 10.0})), Pose(**(POSE | {"bearing_deg": 30.0}))
    assert kinds(authorised(edited, seen)) == {DriftKind.TURNED: 35.0}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"purpose": "traffic"}, {DriftKind.PURPOSE: 0.0}),
        ({"kept_days": 20}, {DriftKind.RETENTION: 5}),
        ({"kept_days": 10}, {}),
        ({"kept_days": 7, "minimum_retention_days": 10}, {DriftKind.RETENTION: 3}),
    ],
)
def test_another_purpose_or_retention_than_ordered_drifts(
    changed: dict[str, Any], found: dict[DriftKind, float]
) -> None:
    assert kinds(authorised(**changed)) == found


def test_a_camera_beyond_the_orders_and_a_stream_without_one_are_found() -> None:
    found = drift_of({"c01": authorised()}, named=["c01"], standing=["c01", "c02"], streaming=["c01", "c03"])
    assert [(finding.camera, finding.kind) for finding in found] == [
        ("c02", DriftKind.BEYOND_ORDER),
        ("c03", DriftKind.STREAMS_UNNAMED),
    ]


SQUARE = Preset(name="Place", bearing_deg=40.0, tilt_deg=8.0, hfov_deg=20.0)
QUAY = Preset(name="Quai", bearing_deg=130.0, tilt_deg=6.0, hfov_deg=8.0)


def drifted(before: tuple[Preset, ...] | None, now: tuple[Preset, ...]) -> dict[DriftKind, list[str]]:
    """Kinds of drift of a PTZ with the names of their presets."""
    baseline, pose = (Pose(**(POSE | {"kind": "ptz", "presets": presets})) for presets in (before, now))
    file = replace(authorised(pose), baseline=baseline)
    found = drift_of({"c01": file}, named=["c01"], standing=["c01"], streaming=["c01"])
    assert all(one.by == len(one.which) for one in found)
    return {one.kind: [preset.name for preset in one.which] for one in found}


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((SQUARE, QUAY), (QUAY, SQUARE), {}),
        ((SQUARE,), (SQUARE, QUAY), {DriftKind.PRESETS_ADDED: ["Quai"]}),
        ((SQUARE, QUAY), (QUAY,), {DriftKind.PRESETS_REMOVED: ["Place"]}),
        ((SQUARE,), (replace(SQUARE, bearing_deg=49.0, tilt_deg=17.0, hfov_deg=21.9),), {}),
        ((SQUARE,), (replace(SQUARE, bearing_deg=51.0),), {DriftKind.PRESETS_CHANGED: ["Place"]}),
        ((SQUARE,), (replace(SQUARE, bearing_deg=354.0),), {DriftKind.PRESETS_CHANGED: ["Place"]}),
        ((SQUARE,), (replace(SQUARE, tilt_deg=19.0),), {DriftKind.PRESETS_CHANGED: ["Place"]}),
        ((SQUARE,), (replace(SQUARE, hfov_deg=23.0),), {DriftKind.PRESETS_CHANGED: ["Place"]}),
        ((SQUARE,), (replace(SQUARE, name="Marché"),), {}),
        ((SQUARE,), (replace(QUAY, name="Marché"),), {DriftKind.PRESETS_REMOVED: ["Place"],
                                                      DriftKind.PRESETS_ADDED: ["Marché"]}),
        ((SQUARE, SQUARE), (SQUARE,), {DriftKind.PRESETS_REMOVED: ["Place"]}),
        (None, (SQUARE, QUAY), {}),
        ((), (SQUARE,), {DriftKind.PRESETS_ADDED: ["Place"]}),
    ],
)  # fmt: skip
def test_presets_added_removed_or_turned_beyond_the_limit_drift_and_a_baseline_without_any_holds_none_against(
    before: tuple[Preset, ...] | None, now: tuple[Preset, ...], found: dict[DriftKind, list[str]]
) -> None:
    assert drifted(before, now) == found


def test_names_that_two_presets_exchanged_are_two_changes_for_masks_and_orders_go_by_name() -> None:
    exchanged = (replace(SQUARE, name="Quai"), replace(QUAY, name="Place"))
    assert drifted((SQUARE, QUAY), exchanged) == {DriftKind.PRESETS_CHANGED: ["Place", "Quai"]}


def test_a_baseline_is_read_as_it_was_kept_and_an_older_one_knows_no_preset() -> None:
    pose = Pose(**(POSE | {"presets": (SQUARE,)}))
    assert Pose.of(json.loads(json.dumps(asdict(pose)))) == pose
    assert Pose.of(POSE).presets is None


@given(st.floats(0, 359.9), st.floats(-180, 180))
def test_turning_is_measured_the_short_way_round(bearing: float, turn: float) -> None:
    baseline = Pose(**(POSE | {"bearing_deg": bearing}))
    turned = Pose(**(POSE | {"bearing_deg": (bearing + turn) % 360.0}))
    file = Authorised(
        baseline=baseline,
        poses=(turned,),
        purposes=frozenset({"safety"}),
        purpose="safety",
        kept_days=15,
        retention_days=15,
    )
    found = kinds(file)
    if abs(turn) > 10.01:
        assert found[DriftKind.TURNED] == pytest.approx(abs(turn), abs=0.06)
    elif abs(turn) < 9.99:
        assert found == {}
