"""No picture without an act in force; what is taken away ends what it had opened; every act is in the journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.base64url import unb64
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.engine.contract import ViewingGrant, decode
from beffroi.journal.models import Line
from beffroi.operate.models import Device, View
from beffroi.people import services
from beffroi.people.models import Agent, Assignment, CameraGroup, Habilitation, Revocation
from beffroi.people.rules import Category, Role

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = timedelta(days=1)


def ask(client: Client, kind: str = "live", *, days_back: int = 0, camera: str = "c01") -> dict[str, Any]:
    wanted: dict[str, Any] = {"camera": camera, "kind": kind}
    if days_back:
        from_at_us = time.time_ns() // 1000 - days_back * 86_400_000_000
        wanted |= {"from_at_us": from_at_us + 60_000_000, "to_at_us": from_at_us + 120_000_000}
    asked = {"requests": [wanted], "reason": {"code": "watch"}}
    answer = client.post("/api/grants", asked, content_type="application/json")
    return answer.json()["grants"][0] if answer.status_code == 200 else answer.json()  # type: ignore[no-any-return]


def granted(answer: dict[str, Any]) -> ViewingGrant:
    return decode(ViewingGrant, unb64(answer["token"].split(".")[1]))


def actions() -> list[str]:
    return list(Line.objects.filter(register="habilitation").order_by("index").values_list("action", flat=True))


@pytest.fixture
def operator(client_of: Callable[..., Client], device: Device) -> Client:
    return client_of(Role.OPERATOR)


@pytest.fixture
def act(operator: Client) -> Habilitation:
    return Habilitation.objects.get()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"last_on": -1}, "n'est plus en vigueur depuis"),
        ({"first_on": 1}, "qu'à partir du"),
        ({"suspended_on": 0}, "suspendue depuis"),
        ({"withdrawn_on": 0}, "a été retirée"),
        ({"territory": "34172"}, "autre territoire"),
        ({"category": "d", "approval_number": ""}, "L132-14-1"),
        (None, "Aucune habilitation"),
    ],
)
def test_without_an_act_in_force_the_law_bars_every_picture_and_the_pages_say_why(
    operator: Client, act: Habilitation, changed: dict[str, Any] | None, told: str
) -> None:
    if changed is None:
        act.delete()
    else:
        days = {name: TODAY() + value * DAY if isinstance(value, int) else value for name, value in changed.items()}
        Habilitation.objects.update(**days)
    for kind, back in (("live", 0), ("replay", 1), ("snapshot", 0), ("thumbnails", 1), ("coverage", 1), ("ptz", 0)):
        error = ask(operator, kind, days_back=back)["error"]
        assert (error["kind"], error["article"]) == ("barred-by-law", "CSI R253-3")
        assert told in error["message_fr"]
        assert error["message"] != error["message_fr"]
    assert not View.objects.exists()
    assert operator.get("/poste/").status_code == 403
    for page in ("/", "/compte/"):
        assert told.replace("'", "&#x27;") in operator.get(page).content.decode()


def test_a_grant_ends_with_the_last_day_of_the_act(
    operator: Client, act: Habilitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    Habilitation.objects.update(last_on=TODAY())
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    monkeypatch.setattr("beffroi.operate.api.now_us", lambda: round((midnight.timestamp() - 60) * 1e6))
    assert granted(ask(operator)).ends_at_us == round(midnight.timestamp() * 1e6)


def test_outside_its_group_a_camera_does_not_exist(operator: Client, make_camera: Callable[..., Any]) -> None:
    group = CameraGroup.objects.create(id="g", name="Ailleurs", cameras=["c99"])
    assert "token" in ask(operator)
    Assignment.objects.update(group=group)
    unknown, foreign = ask(operator, camera="c77"), ask(operator)
    assert foreign["error"] == unknown["error"]
    assert operator.get("/api/cameras").json() == {"cameras": []}
    assert operator.get("/cameras/c01/").status_code == 404


def test_replay_goes_back_as_far_as_the_role_does(operator: Client) -> None:
    Assignment.objects.update(replay_days=3)
    assert "token" in ask(operator, "replay", days_back=3)
    error = ask(operator, "replay", days_back=4)["error"]
    assert (error["kind"], error["field"]) == ("not-permitted", "from_at_us")
    assert "3 jours" in error["message_fr"]


def test_a_role_past_its_last_day_gives_nothing(operator: Client) -> None:
    Assignment.objects.update(last_on=TODAY() - DAY)
    assert ask(operator)["error"]["kind"] == "not-permitted"


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.INSTALLER])
def test_maintainers_and_installers_open_the_test_pattern_and_no_picture(
    client_of: Callable[..., Client], device: Device, role: Role
) -> None:
    client = client_of(role)
    assert "token" in ask(client, "test-pattern")
    for kind, back in (("live", 0), ("replay", 1), ("export", 1), ("snapshot", 0), ("thumbnails", 1), ("ptz", 0)):
        assert "error" in ask(client, kind, days_back=back)


def test_whoever_configures_looks_at_a_workshop_camera_and_at_no_other(
    client_of: Callable[..., Client], device: Device
) -> None:
    client = client_of(Role.TECHNICAL)
    until = time.time_ns() // 1000 + 10**9
    Device.objects.create(
        pk="essai-1", node=device.node, name="Atelier", main_url="rtsp://x", workshop_until_at_us=until
    )
    assert "token" in ask(client, camera="essai-1")
    assert ask(client)["error"]["kind"] == "not-permitted"


# -- services -----------------------------------------------------------------------------------------------


@pytest.fixture
def anne(agent_with: Callable[..., Agent]) -> Agent:
    agent_with(Role.ADMIN)
    return agent_with(Role.OPERATOR)


def form(**changed: Any) -> services.ActForm:
    stated = {"category": Category.APPROVED, "number": "2026-7", "signed_on": TODAY(), "signed_by": "Le maire"}
    stated |= {"territory": "12145", "first_on": TODAY(), "last_on": TODAY() + 365 * DAY}
    return services.ActForm(**{**stated, **changed})


@pytest.mark.parametrize("field", ["number", "signed_by", "territory"])
def test_an_act_lacks_nothing_the_law_asks(anne: Agent, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.record_habilitation(anne, form(**{field: " "}))
    assert refused.value.field == field


def test_an_act_that_ends_before_it_begins_is_refused(anne: Agent) -> None:
    with pytest.raises(InvalidInput):
        services.record_habilitation(anne, form(last_on=TODAY() - DAY))


def test_each_act_is_in_the_journal_and_each_loss_revokes(anne: Agent) -> None:
    kept = services.record_habilitation(anne, form())
    assert not Revocation.objects.exists()
    services.suspend_habilitation(kept, on=TODAY(), number="2026-8")
    services.resume_habilitation(kept, number="2026-9")
    services.withdraw_habilitation(kept, on=TODAY(), number="2026-10")
    given = services.give_role(anne, Role.CHIEF)
    services.end_role(given)
    services.set_password(anne, "une autre phrase longue")
    services.change_agent(anne, title="", is_active=False)
    assert actions() == [
        *("habilitation.recorded", "habilitation.suspended", "habilitation.resumed", "habilitation.withdrawn"),
        *("role.given", "role.ended", "password.set", "agent.closed"),
    ]
    assert Revocation.objects.filter(agent=anne).count() == 5


def test_duties_kept_apart_are_refused_until_an_act_waives_the_pair(anne: Agent) -> None:
    with pytest.raises(Conflict):
        services.give_role(anne, Role.ADMIN)
    services.waive("admin-pictures", number="2026-11", signed_on=TODAY(), signed_by="Le maire")
    services.give_role(anne, Role.ADMIN)
    with pytest.raises(Conflict):
        services.restore_separation("admin-pictures")
    services.end_role(anne.assignments.get(role=Role.ADMIN))
    services.restore_separation("admin-pictures")
    assert actions() == ["separation.waived", "role.given", "role.ended", "separation.restored"]


def test_a_group_that_loses_a_camera_revokes_whoever_held_it(anne: Agent) -> None:
    group = services.put_group("centre", name="Centre", cameras=["c01", "c02"])
    Assignment.objects.filter(agent=anne).update(group=group)
    services.put_group("centre", name="Centre", cameras=["c01", "c02", "c03"])
    assert not Revocation.objects.exists()
    services.put_group("centre", name="Centre", cameras=["c01"])
    assert Revocation.objects.get().agent == anne


# -- pages --------------------------------------------------------------------------------------------------


def test_the_administrator_gives_a_role_and_an_act_on_the_pages(
    client_of: Callable[..., Client], agent_with: Callable[..., Agent], device: Device
) -> None:
    admin, newcomer = client_of(Role.ADMIN), agent_with()
    page = f"/agents/{newcomer.pk}/"
    assert admin.post(f"{page}role/", {"role": "operator", "replay_days": "5"}).status_code == 302
    assert "aucun acte" in admin.get("/agents/").content.decode()
    typed = {"category": "d", "number": "2026-7", "signed_on": TODAY(), "signed_by": "Le maire", "territory": "12145"}
    typed |= {"first_on": TODAY(), "last_on": TODAY() + 30 * DAY, "approval_number": "12-2026"}
    assert admin.post(f"{page}habilitation/", typed).status_code == 302
    assert "expire dans" in admin.get("/agents/").content.decode()
    kept = Habilitation.objects.get(agent=newcomer)
    assert "2026-7" in admin.get("/habilitations/").content.decode()
    admin.post(f"/habilitations/{kept.pk}/suspendre/", {"number": "2026-8", "on": TODAY()})
    assert "suspendue" in admin.get(page).content.decode()
    given = Assignment.objects.get(agent=newcomer)
    admin.post(f"{page}role/{given.pk}/fin/")
    assert not Assignment.objects.filter(agent=newcomer).exists()


def test_the_administrator_waives_a_pair_by_an_act_on_the_page(client_of: Callable[..., Client]) -> None:
    admin = client_of(Role.ADMIN)
    typed = {"number": "2026-12", "signed_on": TODAY(), "signed_by": "Le maire"}
    admin.post("/agents/separation/works-pictures/", typed)
    assert "2026-12" in admin.get("/agents/separation/").content.decode()
    assert admin.post("/agents/separation/nothing/", typed).status_code == 400
    admin.post("/agents/separation/works-pictures/retablir/")
    assert "2026-12" not in admin.get("/agents/separation/").content.decode()


def test_a_session_is_listed_and_ended_by_its_agent_and_by_the_administrator(
    client_of: Callable[..., Client], device: Device
) -> None:
    here, there, admin = client_of(Role.OPERATOR), client_of(Role.OPERATOR), client_of(Role.ADMIN)
    here.get("/", HTTP_USER_AGENT="Firefox ici")
    there.get("/", HTTP_USER_AGENT="Firefox ailleurs")
    agent = Agent.objects.get(username="operator")
    assert "Firefox ailleurs" in here.get("/compte/").content.decode()
    other = agent.sessions.get(browser="Firefox ailleurs")
    assert other.key not in here.get("/compte/").content.decode()
    here.post(f"/compte/session/{other.pk}/fin/")
    assert (there.get("/").status_code, here.get("/").status_code) == (302, 200)
    mine = agent.sessions.get(browser="Firefox ici")
    assert admin.post(f"/compte/session/{mine.pk}/fin/").status_code == 404
    admin.post(f"/agents/{agent.pk}/session/{mine.pk}/fin/")
    assert here.get("/").status_code == 302
