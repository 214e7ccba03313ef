"""The hand-over records both media, and the reader is written apart from the pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.core.errors import BarredByLaw
from beffroi.evidence import services
from beffroi.evidence.documents import _handed
from beffroi.evidence.models import HandOver, Recipient, Requisition
from beffroi.evidence.services import Handing
from beffroi.journal.models import Line
from tests.web.evidence.conftest import Team, deliver, treat

pytestmark = pytest.mark.django_db


def test_two_media_stand_in_the_receipt_and_in_the_journal(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    deliver(called, team, opj)
    rows = _handed(HandOver.objects.get())
    assert ["Support", "disque non réinscriptible BD-1"] in rows
    assert ["Support du lecteur, distinct", "disque non réinscriptible CD-2"] in rows
    detail = json.loads(Line.objects.get(action="requisition.handed-over").detail)
    assert (detail["medium"], detail["reader"]) == ("disc", "disc")


def test_a_usb_stick_leaves_only_with_its_reason_which_the_receipt_says(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    deliver(called, team, opj)
    stick = Handing(recipient=opj, medium="usb", medium_reference="U-3", reader_medium="disc", reader_reference="CD-4")
    with pytest.raises(BarredByLaw) as caught:
        services.hand_over(called, stick, by=team.chief)
    assert caught.value.article == "arrêté du 3 août 2007, art. 3"
    assert HandOver.objects.count() == 1
    told = Handing(
        recipient=opj, medium="usb", medium_reference="U-3", medium_exemption="cannot-read",
        reader_medium="disc", reader_reference="CD-4",
    )  # fmt: skip
    row = services.hand_over(called, told, by=team.chief)
    assert any(name == "Motif du support réinscriptible" for name, _ in _handed(row))


def test_the_reader_is_written_on_a_medium_of_its_own(tmp_path: Path) -> None:
    medium = tmp_path / "lecteur"

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "beffroi.cli.main", "reader", str(medium)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    assert run().returncode == 0
    assert {"LISEZ-MOI.txt", "verifier.py"} <= {path.name for path in medium.iterdir()}
    assert not list(medium.rglob("*.mp4"))
    assert "DOSSIER DE PREUVE\n" in (medium / "LISEZ-MOI.txt").read_text("utf-8")
    again = run()
    assert again.returncode == 2 and "not empty" in again.stderr
