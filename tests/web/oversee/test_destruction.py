"""The certificate of destruction: one camera and one day of the town, from what the nodes told, its hash a line."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.test import Client

from beffroi.core.errors import NotFound
from beffroi.core.instants import to_us
from beffroi.engine.contract import EngineFact, FactKind
from beffroi.journal.models import Line
from beffroi.journal.services import append
from beffroi.operate import registers
from beffroi.operate.models import Device
from beffroi.oversee import destruction
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are dated by the real clock; the days of these tests lie in other years."""
    monkeypatch.setattr(destruction, "_TOLD_WITHIN_US", 1 << 60)


def tell(at: datetime, *, seq: int, camera: str = "c01", files: int = 60, reason: str = "retention") -> None:
    """What a node tells of an hour that died, as it comes into the journal."""
    detail: dict[str, str | int | bool] = {
        "stream": "main",
        "from_at_us": to_us(at),
        "to_at_us": to_us(at) + 3_600_000_000,
        "files": files,
        "bytes": 1_000_000,
        "reason": reason,
        "method": "key",
        "first_leaf": seq * 60,
        "last_leaf": seq * 60 + 59,
    }
    fact = EngineFact(seq=seq, kind=FactKind.FOOTAGE_DESTROYED, at_us=to_us(at) + 10**12, camera=camera, detail=detail)
    append(registers.of_fact("n1", fact))


def hours_of(on: date) -> list[datetime]:
    """Every UTC hour that begins within a town's day."""
    start = datetime(on.year, on.month, on.day, tzinfo=PARIS)
    end = datetime.combine(on + timedelta(days=1), start.time(), tzinfo=PARIS)
    utc = ZoneInfo("UTC")
    count = round((end.astimezone(utc) - start.astimezone(utc)) / HOUR)
    return [start.astimezone(utc) + number * HOUR for number in range(count)]


@pytest.mark.parametrize(
    ("on", "hours"),
    [
        (date(2020, 1, 31), 24),
        (date(2020, 2, 29), 24),
        (date(2020, 3, 29), 23),
        (date(2020, 10, 25), 25),
        (date(2020, 12, 31), 24),
    ],
)
def test_a_day_is_the_town_s_day_whatever_its_clocks_do(on: date, hours: int, device: Device) -> None:
    around = [hours_of(on)[0] - HOUR, *hours_of(on), hours_of(on)[-1] + HOUR]
    for seq, at in enumerate(around, 1):
        tell(at, seq=seq)
    found = destruction.destroyed_on(on)["c01"]
    assert (len(found.rows), found.files) == (hours, hours * 60)
    assert [row[0] for row in found.rows] == [to_us(at) for at in around[1:-1]]


def test_the_same_facts_give_the_same_bytes_and_one_line_with_their_hash(device: Device) -> None:
    on = date(2020, 6, 1)
    tell(hours_of(on)[3], seq=1)
    made = destruction.certificate("c01", on, by="x")
    assert destruction.certificate("c01", on, by="x") == made
    line = Line.objects.get(action="certificate.made")
    detail = json.loads(line.detail)
    assert (line.register, line.camera, detail["day"]) == ("erasure", "c01", "2020-06-01")
    assert detail["sha256"] == hashlib.sha256(made).hexdigest()
    tell(hours_of(on)[4], seq=2)
    again = destruction.certificate("c01", on, by="x")
    assert again != made and Line.objects.filter(action="certificate.made").count() == 2


def test_the_document_is_archival(device: Device) -> None:
    on = date(2020, 6, 1)
    tell(hours_of(on)[3], seq=1)
    with pikepdf.open(io.BytesIO(destruction.certificate("c01", on, by="x"))) as pdf:
        assert pdf.Root.Lang == "fr" and b"pdfaid" in pdf.Root.Metadata.read_bytes()


def test_no_certificate_of_a_day_of_which_nothing_was_destroyed(device: Device) -> None:
    tell(hours_of(date(2020, 6, 1))[3], seq=1)
    for camera, on in (("c01", date(2020, 6, 2)), ("c02", date(2020, 6, 1))):
        with pytest.raises(NotFound):
            destruction.certificate(camera, on, by="x")


def test_the_register_shows_recordings_destruction_and_transmission(
    device: Device, client_of: Callable[..., Client]
) -> None:
    on = date(2020, 6, 1)
    tell(hours_of(on)[3], seq=1, files=42)
    client = client_of(Role.DPO)
    page = client.get(f"/destructions/?day={on}").content.decode()
    assert "42" in page and f"/destructions/c01/{on}/" in page
    answer = client.get(f"/destructions/c01/{on}/")
    assert answer["Content-Type"] == "application/pdf"
    assert Line.objects.filter(action="journal.read", detail__contains='"day":"2020-06-01"').exists()
    assert client.get("/destructions/?day=hier").status_code == 400
