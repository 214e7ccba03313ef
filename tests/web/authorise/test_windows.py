"""Test windows: every paper first, 48 hours at most, for their agents alone, and nothing of them is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import models as papers
from beffroi.authorise import queries, watch
from beffroi.authorise.models import Declaration, Order, Undertaking
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import windows
from beffroi.authorise.services.windows import NewWindow
from beffroi.core.clock import FakeClock
from beffroi.core.errors import BarredByLaw, BeffroiError, InvalidInput, NotPermitted
from beffroi.core.instants import from_us, to_us
from beffroi.engine.contract import DesiredState, Hold, StreamName
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.disk import Disk
from beffroi.engine.record.keeper import Keeper
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.record.settings import FootageSettings
from beffroi.evidence.services import HoldRequest, hold
from beffroi.journal.models import Line
from beffroi.operate.models import Device, Node
from beffroi.operate.queries import desired_state
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import CameraState
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, record
from tests.web.conftest import pass_sheet

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()
AgentWith = Callable[..., Agent]


@pytest.fixture
def tested(device: Device) -> Device:
    """A camera in test since yesterday, whose commissioning is declared for next month."""
    CameraState.objects.all().delete()
    for step, state in enumerate(("declared", "in-test"), 1):
        CameraState.objects.create(camera_id="c01", step=step, state=state, on=TODAY - timedelta(days=1))
    Declaration.objects.update(commissioning_on=TODAY + timedelta(days=30))
    return device


def open_window(by: Agent, *, at: datetime = NOW, **changed: Any) -> papers.TestWindow:
    whole: dict[str, Any] = {"cameras": ("c01",), "hours": 24, "reason": "essais"}
    return windows.open_window(NewWindow(**(whole | changed)), by=by, at=at)


def gate(at: datetime = NOW) -> queries.CameraGate:
    return queries.gates(["c01"], at=at)["c01"]


def desired(at: datetime) -> DesiredState:
    return desired_state(Node.objects.get(), round(at.timestamp() * 1e6))


def test_a_window_opens_the_gate_until_its_end(tested: Device, agent_with: AgentWith) -> None:
    assert gate().missing == (Shut.NO_WINDOW,)
    window = open_window(agent_with(Role.CHIEF))
    assert (gate().is_open, gate().is_test, gate().closes_at) == (True, True, NOW + timedelta(hours=24))
    (camera,) = desired(NOW).cameras
    assert camera.name == "ESSAI Place → c01"
    assert camera.not_after_us == round(window.ends_at.timestamp() * 1e6)
    assert desired(NOW).erasures == ()
    line = Line.objects.get(action="window.opened")
    assert (line.camera, line.reason, line.subject) == ("c01", "essais", str(window.pk))


@pytest.mark.parametrize(
    ("paper", "article"),
    [
        (lambda: Undertaking.objects.all().delete(), "CSI R253-7"),
        (lambda: Declaration.objects.all().delete(), "CSI R252-17"),
        (lambda: Order.objects.update(suspended_at=NOW), "CSI R254-2"),
        (lambda: Order.objects.update(withdrawn_on=TODAY), "CSI R254-2"),
        (lambda: Order.objects.update(ends_on=TODAY), "CSI L252-1"),
    ],
)
def test_no_window_without_every_paper(
    tested: Device, agent_with: AgentWith, paper: Callable[[], object], article: str
) -> None:
    paper()
    with pytest.raises(BarredByLaw, match="c01: ") as caught:
        open_window(agent_with(Role.CHIEF))
    assert caught.value.article == article
    assert article in caught.value.message_fr
    assert not papers.TestWindow.objects.exists()


@pytest.mark.parametrize(
    ("changed", "kind", "field"),
    [
        ({"hours": 48.1}, InvalidInput, "hours"),
        ({"hours": 0}, InvalidInput, "hours"),
        ({"reason": "watch"}, InvalidInput, "reason"),
        ({"cameras": ()}, InvalidInput, "cameras"),
        ({"cameras": ("c99",)}, BarredByLaw, "cameras"),
    ],
)
def test_what_is_no_test_is_refused(
    tested: Device, agent_with: AgentWith, changed: dict[str, Any], kind: type[BeffroiError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        open_window(agent_with(Role.CHIEF), **changed)
    assert caught.value.field == field


@pytest.mark.parametrize("role", [Role.TECHNICAL, Role.MAYOR, Role.DPO, Role.ADMIN])
def test_whoever_may_see_no_picture_opens_no_window_and_is_in_none(
    tested: Device, agent_with: AgentWith, role: Role
) -> None:
    with pytest.raises(NotPermitted):
        open_window(agent_with(role))
    with pytest.raises(NotPermitted):
        open_window(agent_with(Role.CHIEF), agents=(agent_with(role),))


def test_a_camera_in_service_is_not_put_in_test_by_a_window(device: Device, agent_with: AgentWith) -> None:
    with pytest.raises(BarredByLaw, match="only a declared camera"):
        open_window(agent_with(Role.CHIEF))


def test_a_declared_camera_is_put_in_test(tested: Device, agent_with: AgentWith) -> None:
    CameraState.objects.filter(state="in-test").delete()
    open_window(agent_with(Role.CHIEF))
    assert CameraState.objects.get(state="in-test").on == TODAY
    assert gate().is_open


def test_its_agents_alone_look_at_it(tested: Device, agent_with: AgentWith, client_of: Callable[..., Client]) -> None:
    open_window(agent_with(Role.CHIEF), at=timezone.now())
    asked = {"requests": [{"camera": "c01", "kind": "live"}], "reason": {"code": "maintenance"}}
    answers = {
        role: client_of(role).post("/api/grants", asked, content_type="application/json").json()["grants"][0]
        for role in (Role.CHIEF, Role.OPERATOR)
    }
    assert "token" in answers[Role.CHIEF]
    assert answers[Role.OPERATOR]["error"]["kind"] == "not-permitted"
    (camera,) = client_of(Role.OPERATOR).get("/api/cameras").json()["cameras"]
    assert camera["name"].startswith("ESSAI ")


def test_a_refused_grant_says_which_paper_is_missing(
    device: Device, agent_with: AgentWith, client_of: Callable[..., Client]
) -> None:
    Undertaking.objects.all().delete()
    asked = {"requests": [{"camera": "c01", "kind": "live"}], "reason": {"code": "watch"}}
    answer = client_of(Role.CHIEF).post("/api/grants", asked, content_type="application/json")
    error = answer.json()["grants"][0]["error"]
    assert (error["kind"], error["article"]) == ("barred-by-law", "CSI R253-7")
    assert "The receipt of the undertaking" in error["message"]
    assert "Le récépissé de l'engagement" in error["message_fr"]


def test_a_closed_window_shuts_at_once_and_its_footage_is_condemned(tested: Device, agent_with: AgentWith) -> None:
    window = open_window(agent_with(Role.CHIEF))
    later = NOW + timedelta(hours=3)
    windows.close_window(window, by="7", at=later)
    assert gate(later).missing == (Shut.NO_WINDOW,)
    (erasure,) = desired(later).erasures
    assert desired(later).barred == ("c01",)
    assert (from_us(erasure.from_at_us), from_us(erasure.before_at_us)) == (NOW, window.ends_at)
    windows.close_window(window, by="7", at=later + timedelta(hours=1))
    assert papers.TestedCamera.objects.get().closed_at == later
    assert Line.objects.filter(action="window.closed").count() == 1


def test_a_window_that_ends_by_itself_condemns_too(tested: Device, agent_with: AgentWith) -> None:
    window = open_window(agent_with(Role.CHIEF))
    over = window.ends_at
    assert not gate(over).is_open
    (erasure,) = desired(over).erasures
    assert from_us(erasure.before_at_us) > over
    assert desired(over + timedelta(days=40)).erasures == ()


def test_a_camera_that_leaves_the_state_closes_its_window(tested: Device, agent_with: AgentWith) -> None:
    open_window(agent_with(Role.CHIEF), at=timezone.now())
    pass_sheet("s1", TODAY)
    record_state("c01", StateName.ACCEPTED, on=TODAY)
    assert papers.TestedCamera.objects.get().closed_at is not None
    assert not gate(timezone.now()).is_open


def test_a_step_dated_ahead_closes_it_on_its_day(tested: Device, agent_with: AgentWith) -> None:
    open_window(agent_with(Role.CHIEF), hours=48)
    pass_sheet("s1", TODAY)
    record_state("c01", StateName.ACCEPTED, on=TODAY + timedelta(days=1))
    assert papers.TestedCamera.objects.get().closed_at is None
    watch.gates(to_us(NOW + timedelta(days=1)))
    assert papers.TestedCamera.objects.get().closed_at == NOW + timedelta(days=1)


def test_test_footage_is_known_as_such(tested: Device, agent_with: AgentWith) -> None:
    window = open_window(agent_with(Role.CHIEF))
    hour = timedelta(hours=1)
    assert queries.is_test_footage("c01", NOW - hour, NOW + hour)
    assert not queries.is_test_footage("c01", NOW - hour, NOW)
    assert not queries.is_test_footage("c01", window.ends_at, window.ends_at + hour)
    windows.close_window(window, by="7", at=NOW + hour)
    assert not queries.is_test_footage("c01", NOW + 2 * hour, NOW + 3 * hour)


def test_a_hold_cannot_be_laid_on_a_test(tested: Device, agent_with: AgentWith) -> None:
    window = open_window(agent_with(Role.CHIEF))
    start, end = (round(at.timestamp() * 1e6) for at in (window.opened_at, window.ends_at))
    asked: dict[str, Any] = {"id": "h", "camera": "c01", "until_at_us": end + 9 * US, "subject": "incident"}
    with pytest.raises(BarredByLaw, match="cannot be held"):
        hold(HoldRequest(from_at_us=start, to_at_us=start + US, **asked))
    hold(HoldRequest(from_at_us=end, to_at_us=end + US, **asked))


@pytest.fixture
def footage(tmp_path: Path) -> Iterator[tuple[Path, Callable[[DesiredState], None]]]:
    """Five minutes really recorded of c01, and a keeper that obeys a desired state."""
    folder = tmp_path / "footage"
    record(folder, clip(), times=70)
    index, disk, clock = IndexWriter(folder), Disk(folder), FakeClock(START_AT_US + 400 * US)
    keeper = Keeper(disk, index.doom, clock, settings=FootageSettings(), newest_at_us=START_AT_US)
    hold = Hold(id="h", from_at_us=START_AT_US, to_at_us=START_AT_US + 400 * US, until_at_us=START_AT_US + 9_000 * US)
    keeper.apply("c01", RetentionPolicy(retention_s=86_400, minimum_retention_s=86_400, holds=(hold,)))

    def obey(state: DesiredState) -> None:
        clock.advance(60)
        keeper.erase(state.erasures)
        keeper.maintain()

    yield folder, obey
    index.close()
    disk.close()


def starts_of(folder: Path) -> list[int]:
    with FootageReader(folder) as reader:
        rows = reader.files("c01", StreamName.MAIN, 0, 1 << 62)
    assert {path.name for path in folder.rglob("*.mp4")} == {Path(row.path).name for row in rows}
    return [(row.start_at_us - START_AT_US) // US for row in rows]


def test_a_recorder_keeps_nothing_of_a_test_that_is_over_and_all_that_came_before(
    tested: Device, agent_with: AgentWith, footage: tuple[Path, Callable[[DesiredState], None]]
) -> None:
    folder, obey = footage
    opened = from_us(START_AT_US + 60 * US)
    Order.objects.update(signed_on=opened.date() - timedelta(days=9), ends_on=opened.date() + timedelta(days=900))
    Undertaking.objects.update(sent_on=opened.date(), receipt_on=opened.date())
    Declaration.objects.update(sent_on=opened.date() - timedelta(days=1), commissioning_on=TODAY)
    CameraState.objects.update(on=opened.date() - timedelta(days=1))
    window = open_window(agent_with(Role.CHIEF), at=opened)
    obey(desired(opened + timedelta(minutes=4)))
    assert starts_of(folder) == [0, 60, 120, 180, 240]
    windows.close_window(window, by="7", at=opened + timedelta(minutes=5))
    obey(desired(opened + timedelta(minutes=5)))
    assert starts_of(folder) == [0]


def test_a_desired_state_does_not_change_by_itself(tested: Device, agent_with: AgentWith) -> None:
    window = open_window(agent_with(Role.CHIEF))
    windows.close_window(window, by="7", at=NOW)
    now_us = time.time_ns() // 1000
    versions = {desired_state(Node.objects.get(), now_us + second * US).version for second in (0, 7, 70)}
    assert len(versions) == 1
