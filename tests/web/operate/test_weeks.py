"""Measured weeks come from what recorders stored, with their period and their share, or they say why they do not."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from beffroi.core.dates import day_starts_at
from beffroi.core.instants import US_PER_S, to_us
from beffroi.engine.contract import FactKind
from beffroi.journal.models import Line
from beffroi.operate import weeks
from beffroi.operate.models import Device, Gap, MaskProof, NodeFact
from beffroi.people.rules import Role
from beffroi.plan.models import Camera, CameraState, MeasuredWeek
from beffroi.territory.queries import town_zone

pytestmark = pytest.mark.django_db
PAGE = "/semaines/"
RETENTION_US = 15 * 86_400 * US_PER_S
ClientOf = Callable[..., Client]


@pytest.fixture
def up(device: Device) -> Device:
    """A recorder's camera, put up months ago."""
    on = timezone.localdate() - timedelta(days=120)
    CameraState.objects.create(camera_id="c01", step=0, state="installed", on=on)
    return device


def last_day() -> date:
    """Of the week whose images are all destroyed."""
    return timezone.localdate() - timedelta(days=17)


def stored(device: Device, *, quarters: float = 1.0, stream: str = "main", reason: str = "retention") -> None:
    """A week and a little, told by quarters of an hour at 4 Mbit/s, each tenth at 12; `quarters`: the share kept."""
    start_us = to_us(day_starts_at(last_day() - timedelta(days=6), town_zone()))
    step_us = 900 * US_PER_S
    count = round(7 * 96 * quarters)
    after_us = to_us(day_starts_at(last_day() + timedelta(days=1), town_zone()))
    begun = [*(start_us + n * step_us for n in range(count)), after_us]
    seq = NodeFact.objects.count()
    NodeFact.objects.bulk_create(
        NodeFact(
            node=device.node, seq=seq + n, camera=device.pk, kind=FactKind.FOOTAGE_DESTROYED,
            at_us=from_us + RETENTION_US,
            detail={"stream": stream, "from_at_us": from_us, "to_at_us": from_us + step_us, "files": 15,
                    "bytes": (12 if n % 10 == 0 else 4) * 1_000_000 // 8 * 900, "reason": reason, "method": "key"},
        )
        for n, from_us in enumerate(begun)
    )  # fmt: skip


def only() -> weeks.Proposal:
    (found,) = weeks.proposals(["c01"])
    return found


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())).split())


def test_the_last_week_destroyed_is_proposed_with_its_period_and_kept_with_one_press(
    up: Device, client_of: ClientOf
) -> None:
    stored(up)
    stored(up, stream="sub")
    stored(up, stream="thumbnails")
    found = only()
    assert not found.why and found.rate is not None
    assert (found.from_on, found.to_on) == (last_day() - timedelta(days=6), last_day())
    assert found.week.mean_mbit_s == pytest.approx(4.8, abs=0.02)
    assert found.week.p95_mbit_s == 12.0
    client = client_of(Role.TECHNICAL)
    assert "1 semaine lue sur les enregistreurs" in text_of(client.get(PAGE))
    done = client.post(PAGE, {"act": "all"}, follow=True)
    assert "Semaines retenues : 1." in text_of(done)
    kept = MeasuredWeek.objects.get()
    assert (kept.camera_id, kept.to_on, kept.p95_mbit_s) == ("c01", last_day(), 12.0)
    assert kept.source.endswith("octets enregistrés, 100 % de la semaine")
    assert Line.objects.filter(action="camera.measured", camera="c01").exists()
    assert "Déjà retenue" in text_of(client.get(PAGE))
    assert client.post(PAGE, {"camera": "c01"}).status_code == 400


def test_a_week_recorded_too_little_is_refused_and_says_so(up: Device, client_of: ClientOf) -> None:
    stored(up, quarters=0.8)
    assert only().recorded_share == pytest.approx(0.8, abs=0.001)
    assert "Moins de 90 % de la semaine" in str(only().why)
    page = text_of(client_of(Role.TECHNICAL).get(PAGE))
    assert "80 %" in page and "Aucune semaine à retenir maintenant." in page
    assert client_of(Role.TECHNICAL).post(PAGE, {"act": "all"}).status_code == 400
    assert not MeasuredWeek.objects.exists()


def test_gaps_inside_what_was_stored_are_not_recorded_time(up: Device) -> None:
    stored(up)
    start_us = to_us(day_starts_at(last_day(), town_zone()))
    Gap.objects.create(camera="c01", stream="main", from_at_us=start_us, to_at_us=start_us + 86_400 * US_PER_S,
                       cause="silent")  # fmt: skip
    assert only().recorded_share == pytest.approx(6 / 7, abs=0.001)
    assert only().why


@pytest.mark.parametrize("case", ["nothing", "test", "burnt", "young"])
def test_a_week_that_is_not_the_cameras_own_is_not_proposed(up: Device, case: str) -> None:
    expected = str(weeks.NOT_TOLD)
    if case == "test":
        stored(up, reason="test")
    elif case == "burnt":
        stored(up)
        at_us = to_us(day_starts_at(last_day(), town_zone()))
        MaskProof.objects.create(camera="c01", stream="main", version=1, driver="node", verdict="proved", at_us=at_us)
        expected = str(weeks.BURNT)
    elif case == "young":
        stored(up)
        CameraState.objects.filter(state="installed").update(on=last_day())
        expected = "La caméra n'était pas posée pendant ces sept jours"
    assert str(only().why).startswith(expected)


def test_a_file_of_many_is_written_whole_or_not_at_all(
    up: Device, make_camera: Callable[..., Camera], client_of: ClientOf
) -> None:
    client = client_of(Role.TECHNICAL)
    day = last_day().isoformat()
    head = "camera;to_on;mean_mbit_s;p95_mbit_s;source\n"

    def sent(*lines: str) -> Any:
        file = SimpleUploadedFile("semaines.csv", (head + "\n".join(lines)).encode())
        return client.post(PAGE, {"act": "file", "file": file}, follow=True)

    refused = sent(f"C01;{day};4,1;5,6;Commutateur", f"C99;{day};4;5;Commutateur", f"c01;{day};4;5;Commutateur",
                   f"C01;{day};9;5;Commutateur")  # fmt: skip
    page = text_of(refused)
    assert refused.status_code == 400 and not MeasuredWeek.objects.exists()
    assert "semaines.csv, ligne 3, camera : n'est pas une caméra que vous pouvez écrire" in page
    assert "ligne 4, camera : y est deux fois" in page
    assert "Semaines retenues : 1." in text_of(sent(f"C01;{day};4,1;5,6;Commutateur"))
    kept = MeasuredWeek.objects.get()
    assert (kept.mean_mbit_s, kept.p95_mbit_s, kept.source) == (4.1, 5.6, "Commutateur")
    assert "ne contient aucune semaine" in text_of(sent())
    assert client.post(PAGE, {"act": "file"}).status_code == 400
    latin = SimpleUploadedFile("s.csv", "é".encode("latin-1"))
    assert "UTF-8" in text_of(client.post(PAGE, {"act": "file", "file": latin}))


def test_who_does_not_configure_reads_no_week(up: Device, client_of: ClientOf) -> None:
    assert client_of(Role.MAYOR).get(PAGE).status_code == 403
