"""Orders, receipts and declarations as people record them: the gate, the journal and the drift follow at once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries, services
from beffroi.authorise.models import Declaration, Drift, Order, OrderCamera, Undertaking
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import NewDeclaration, NewOrder, aftermath, drifting
from beffroi.core.errors import BarredByLaw, BeffroiError, Conflict, InvalidInput
from beffroi.engine.contract import CameraHealth, NodeHealth, encode
from beffroi.engine.contract import CameraState as EngineState
from beffroi.journal.models import Line
from beffroi.operate.gates import gates, streaming_now
from beffroi.operate.models import Device, Node
from beffroi.people.rules import Role
from beffroi.plan.models import Camera, CameraState, Phase, PoseSurvey
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def new_order(**changed: Any) -> NewOrder:
    whole: dict[str, Any] = {
        "number": "2026-77",
        "name": "Modification",
        "signed_on": TODAY,
        "ends_on": TODAY + timedelta(days=365),
        "purposes": ("safety", "traffic"),
        "retention_days": 15,
        "cameras": {"c01": ()},
    }
    return NewOrder(**(whole | changed))


def record(**changed: Any) -> Order:
    return services.record_order(new_order(**changed), by="7", at=timezone.now())


def shut(camera: str = "c01") -> tuple[Shut, ...]:
    return queries.gates([camera], at=timezone.now())[camera].missing


def actions(since: int = 1) -> list[str]:
    """What the journal was told after the gate of the camera opened."""
    told = Line.objects.exclude(action__startswith="node.").exclude(action__startswith="device.").order_by("index")
    return list(told.values_list("action", flat=True))[since:]


@pytest.fixture
def camera(a_camera: Camera) -> Camera:
    """In service, with every paper, known to the journal."""
    aftermath.follow([], at=timezone.now())
    assert actions(since=0) == ["gate.opened"]
    return a_camera


@pytest.mark.parametrize(
    ("changed", "kind", "field", "said"),
    [
        ({"retention_days": 31}, BarredByLaw, "retention_days", "31, over one month"),
        ({"ends_on": TODAY + timedelta(days=1900)}, BarredByLaw, "ends_on", "five years"),
        ({"ends_on": TODAY}, InvalidInput, "ends_on", "after the signature"),
        ({"minimum_retention_days": 20}, InvalidInput, "minimum_retention_days", "over the retention"),
        ({"purposes": ()}, BarredByLaw, "purposes", "one purpose at least"),
        ({"cameras": {"c01": ("dumping",)}}, BarredByLaw, "purposes", "none outside its order"),
        ({"cameras": {}}, InvalidInput, "cameras", "one camera at least"),
        ({"number": "2026-1"}, Conflict, "number", "already recorded"),
    ],
)
def test_an_order_that_the_law_does_not_know_is_refused_by_its_field(
    camera: Camera, changed: dict[str, Any], kind: type[BeffroiError], field: str, said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        record(**changed)
    assert caught.value.field == field
    assert caught.value.message_fr != caught.value.message
    assert not isinstance(caught.value, BarredByLaw) or caught.value.article.startswith("CSI L25")
    assert Order.objects.count() == 1
    assert actions() == []


def test_a_recorded_order_holds_for_its_cameras_with_their_own_purposes(camera: Camera) -> None:
    order = record(cameras={"c01": ("traffic",)}, retention_days=20)
    gate = queries.gates(["c01"], at=timezone.now())["c01"]
    assert (gate.order, gate.retention_days, gate.is_open) == ("2026-77", 20, True)
    covered = order.covered.get()
    assert covered.purposes == ["traffic"]
    assert covered.baseline["bearing_deg"] == 10
    assert actions() == ["order.recorded", "drift.raised"]  # the zone's purpose is safety


PLACE = {"name": "Place", "bearing_deg": 40.0, "tilt_deg": 8.0, "hfov_deg": 20.0, "time_share": 0.5}
QUAY = {"name": "Quai", "bearing_deg": 130.0, "tilt_deg": 6.0, "hfov_deg": 8.0, "time_share": 0.5}


def presets_are(*presets: dict[str, Any]) -> list[tuple[str, str]]:
    """The camera has these now; what of them differs from its order, told by the daily check."""
    Camera.objects.filter(pk="c01").update(presets=list(presets))
    drifting.check(at=timezone.now())
    return [(row.kind, row.which) for row in queries.open_drift("c01") if row.kind.startswith("presets")]


@pytest.mark.usefixtures("camera")
def test_an_order_freezes_the_presets_and_one_that_is_added_later_is_told_until_it_is_gone(
    client_of: Callable[..., Client], device: Device
) -> None:
    Camera.objects.update(kind="ptz", presets=[PLACE])
    order = record(number="2026-78", cameras={"c01": ("safety",)})
    assert order.covered.get().baseline["presets"] == [{k: v for k, v in PLACE.items() if k != "time_share"}]
    assert presets_are(PLACE) == []
    assert presets_are(PLACE | {"time_share": 0.1}) == [], "how long it looks there is a use"
    assert presets_are(PLACE, QUAY) == [("presets-added", "Quai")]
    shown = client_of(Role.TECHNICAL).get("/autorisations/").content.decode()
    page = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(shown)).split())
    assert "positions enregistrées ajoutées, Quai." in page
    assert "Revenir aux positions de l'arrêté" in page
    assert presets_are(QUAY) == [("presets-added", "Quai"), ("presets-removed", "Place")]
    assert presets_are(PLACE | {"bearing_deg": 300.0}) == [("presets-changed", "Place")]
    assert presets_are(PLACE) == []


@pytest.mark.usefixtures("camera")
def test_an_order_written_down_before_presets_were_kept_holds_none_against_a_camera(a_camera: Camera) -> None:
    covered = Order.objects.get().covered.get()
    covered.baseline = {name: value for name, value in asdict(queries.pose_of(a_camera)).items() if name != "presets"}
    covered.save()
    assert presets_are(PLACE, QUAY) == []
    drifting.check(at=timezone.now())
    assert queries.open_drift("c01") == []


def test_a_filed_camera_is_authorised_by_its_order(make_camera: Callable[..., Camera]) -> None:
    make_camera("c02", in_service=False)
    CameraState.objects.create(camera_id="c02", step=2, state="filed", on=TODAY - timedelta(days=10))
    record(cameras={"c02": ()})
    assert histories(["c02"])["c02"][-1].state is StateName.AUTHORISED


def test_a_suspension_shuts_at_once_and_its_end_opens_again(camera: Camera, device: Device) -> None:
    order = Order.objects.get()
    now = timezone.now()
    services.suspend(order, by="7", at=now)
    assert shut() == (Shut.SUSPENDED,)
    assert gates([device], round(now.timestamp() * 1e6) + 1)["c01"].message == "suspended"
    services.resume(order, by="7", at=timezone.now())
    assert shut() == ()
    assert actions() == ["order.suspended", "gate.shut", "order.resumed", "gate.opened"]
    line = Line.objects.get(action="gate.shut")
    assert (line.register, line.camera, line.subject) == ("collection", "c01", "o1")


def test_a_withdrawal_shuts_for_good_and_cannot_be_done_twice(camera: Camera) -> None:
    order = Order.objects.get()
    with pytest.raises(InvalidInput, match="before the order"):
        services.withdraw(order, on=TODAY - timedelta(days=60), by="7", at=timezone.now())
    services.withdraw(order, on=TODAY, by="7", at=timezone.now())
    assert shut() == (Shut.WITHDRAWN,)
    with pytest.raises(Conflict, match="was withdrawn"):
        services.withdraw(order, on=TODAY, by="7", at=timezone.now())


def test_the_nodes_of_the_cameras_are_told_after_the_commit(
    camera: Camera, device: Device, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[set[str]] = []
    monkeypatch.setattr("beffroi.operate.nudges.send", lambda urls: told.append(set(urls)))
    with django_capture_on_commit_callbacks(execute=True):
        services.suspend(Order.objects.get(), by="7", at=timezone.now())
    assert told == [{device.node.url}]


def test_no_receipt_no_stream(camera: Camera) -> None:
    Undertaking.objects.update(receipt_number="", receipt_on=None)
    assert shut() == (Shut.NO_RECEIPT,)
    with pytest.raises(InvalidInput, match="goes with the day") as caught:
        services.record_undertaking(TODAY, receipt_number="R-1", by="7", at=timezone.now())
    assert caught.value.field == "receipt_number"
    services.record_undertaking(TODAY, by="7", at=timezone.now())
    assert shut() == (Shut.NO_RECEIPT,)
    services.record_undertaking(TODAY, receipt_number="R-1", receipt_on=TODAY, by="7", at=timezone.now())
    assert shut() == ()
    assert actions() == ["undertaking.recorded", "gate.shut", "receipt.recorded", "gate.opened"]


def declaration(**changed: Any) -> NewDeclaration:
    whole: dict[str, Any] = {
        "phase": Phase.objects.get(),
        "order": Order.objects.get(),
        "letter_number": "L-9",
        "sent_on": TODAY,
        "commissioning_on": TODAY,
    }
    return NewDeclaration(**(whole | changed))


def test_no_declaration_no_stream_and_none_before_the_day_declared(camera: Camera) -> None:
    Declaration.objects.all().delete()
    assert shut() == (Shut.NO_DECLARATION,)
    services.declare(declaration(commissioning_on=TODAY + timedelta(days=9)), by="7", at=timezone.now())
    assert shut() == (Shut.BEFORE_COMMISSIONING,)
    services.declare(declaration(letter_number="L-10"), by="7", at=timezone.now())
    assert shut() == ()


@pytest.mark.parametrize(
    ("changed", "kind", "field"),
    [
        ({"sent_on": TODAY - timedelta(days=60)}, InvalidInput, "sent_on"),
        ({"commissioning_on": TODAY - timedelta(days=1)}, BarredByLaw, "commissioning_on"),
    ],
)
def test_a_declaration_follows_its_order_and_precedes_the_commissioning(
    camera: Camera, changed: dict[str, Any], kind: type[BeffroiError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        services.declare(declaration(**changed), by="7", at=timezone.now())
    assert caught.value.field == field


def test_an_installed_camera_is_declared_by_its_letter(make_camera: Callable[..., Camera]) -> None:
    make_camera("c02", in_service=False)
    for step, state in enumerate(("filed", "authorised", "installed"), 2):
        CameraState.objects.create(camera_id="c02", step=step, state=state, on=TODAY - timedelta(days=3))
    services.declare(declaration(), by="7", at=timezone.now())
    assert histories(["c02"])["c02"][-1].state is StateName.DECLARED


# -- drift ------------------------------------------------------------------------------------------------


def drift() -> list[tuple[str, str, float]]:
    drifting.check(at=timezone.now())
    return [(row.camera, row.kind, row.by) for row in queries.open_drift()]


def test_editing_the_plan_is_drift_until_an_order_covers_it(camera: Camera) -> None:
    record()
    Camera.objects.update(bearing_deg=24)
    assert drift() == [("c01", "turned", 14)]
    assert drift() == [("c01", "turned", 14)], "one row, however often it is found"
    record(number="2026-78")
    assert drift() == []
    assert actions() == ["order.recorded", "drift.raised", "order.recorded", "drift.cleared"]
    assert Drift.objects.get().cleared_at is not None


def test_what_a_survey_sees_is_drift_until_a_later_survey_finds_it_mended(camera: Camera) -> None:
    record()
    PoseSurvey.objects.create(camera=camera, on=TODAY - timedelta(days=2), bearing_deg=350, tilt_deg=10)
    assert drift() == [("c01", "turned", 20)]
    PoseSurvey.objects.create(camera=camera, on=TODAY - timedelta(days=1), bearing_deg=11, tilt_deg=10)
    assert drift() == []


def test_a_town_s_own_term_never_goes_under_the_minimum_of_the_order(camera: Camera, settings: Any) -> None:
    retention = replace(settings.BEFFROI.retention, max_days=7)
    settings.BEFFROI = replace(settings.BEFFROI, retention=retention)
    record(minimum_retention_days=10)
    assert drift() == []


def test_a_camera_installed_beyond_the_orders_is_found(camera: Camera, make_camera: Callable[..., Camera]) -> None:
    record()
    make_camera("c02")
    OrderCamera.objects.filter(camera="c02").delete()
    assert drift() == [("c02", "beyond-order", 0)]


def test_eleven_gates_cost_no_more_questions_than_one(
    camera: Camera, make_camera: Callable[..., Camera], django_assert_num_queries: Any
) -> None:
    for number in range(2, 12):
        make_camera(f"c{number:02}")
    with django_assert_num_queries(13):
        found = queries.gates([f"c{number:02}" for number in range(1, 12)], at=timezone.now())
    assert all(gate.is_open for gate in found.values())


def test_orders_are_read_as_of_a_day(camera: Camera) -> None:
    record()
    (old, new) = sorted(queries.orders_on(TODAY), key=lambda order: order.number)
    assert (old.is_in_force, new.days_left) == (True, 365)
    assert not any(order.is_in_force for order in queries.orders_on(date(2020, 1, 1)))


def test_a_stream_that_no_order_names_is_found_from_what_its_node_says(device: Device) -> None:
    now_us = round(timezone.now().timestamp() * 1e6)
    stands = [("c01", EngineState.RECORDING), ("c77", EngineState.RECORDING), ("c78", EngineState.SILENT)]
    cameras = [CameraHealth(id=one, state=state, since_at_us=1, last_at_us=1) for one, state in stands]
    disk = ("disk_free_bytes", "disk_total_bytes", "footage_bytes", "oldest_at_us")
    process = ("started_at_us", "pool_bytes", "pool_max_bytes", "rss_bytes", "cpu_s", "outbox_facts")
    counters: dict[str, Any] = dict.fromkeys((*disk, *process), 0)
    health = NodeHealth(node="n1", version="1", desired_version="", at_us=now_us, cameras=tuple(cameras), **counters)
    Node.objects.update(health_json=encode(health).decode(), health_at_us=now_us)
    assert streaming_now(now_us) == {"c01", "c77"}
    assert streaming_now(now_us + 11_000_000) == frozenset()
    assert ("c77", "streams-unnamed", 0) in drift()
