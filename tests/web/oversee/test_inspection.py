"""The pack for the departmental commission: everything but a picture, hashed, read only, a line for each act."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings

from beffroi.core.errors import NotFound
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append
from beffroi.operate.models import Device
from beffroi.oversee.inspection import services, tasks
from beffroi.oversee.inspection.tables import TABLES
from beffroi.oversee.models import InspectionPack
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/inspection/"
DAY_US = 86_400_000_000


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(BEFFROI=replace(django_settings.BEFFROI, data=tmp_path)):
        yield


@pytest.fixture
def inspector(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    """The prefecture's, and a look of an operator's to read about."""
    operator = agent_with(Role.OPERATOR, username="=Jeanne")
    append(Entry(register=Register.VIEWING, action="grant.given", author=operator.pk, reason="watch", camera="c01"))
    span: dict[str, int | bool | str] = {"from_at_us": 1, "to_at_us": 1 + DAY_US}
    erased = {**span, "fact_at_us": 10 * DAY_US, "files": 3}
    append(Entry(register=Register.ERASURE, action="footage.destroyed", camera="c01", detail=erased))
    return agent_with(Role.INSPECTOR)


@pytest.fixture
def made(inspector: Agent) -> zipfile.ZipFile:
    pack = services.ask(inspector)
    tasks.make_pack.call(pack.pk)
    return zipfile.ZipFile(services.file_of(InspectionPack.objects.get()))


def rows_of(made: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.read(name).decode("utf-8-sig")), delimiter=";"))


def test_every_file_is_in_the_list_of_hashes_and_fits_it(made: zipfile.ZipFile) -> None:
    listed = [line.partition("  ") for line in made.read("SHA256SUMS.txt").decode().splitlines()]
    sums = {name: digest for digest, _, name in listed}
    assert set(sums) | {"SHA256SUMS.txt"} == set(made.namelist())
    assert all(hashlib.sha256(made.read(name)).hexdigest() == digest for name, digest in sums.items())


def test_it_holds_every_table_a_report_and_no_picture(made: zipfile.ZipFile) -> None:
    names = set(made.namelist())
    assert {table.name for table in TABLES} | {"00-rapport.pdf", "journal.json"} <= names
    assert {name.rpartition(".")[2] for name in names} <= {"csv", "pdf", "json", "pem", "txt"}
    assert all(len(row) == len(table.head) for table in TABLES if table.head for row in rows_of(made, table.name))


def test_registers_tell_of_looks_and_of_destruction(made: zipfile.ZipFile) -> None:
    look = rows_of(made, "05-visionnages.csv")[1]
    assert look[3] == "'=Jeanne" and look[4] == "Veille du poste", "a name that a spreadsheet takes for a formula"
    assert rows_of(made, "08-destructions.csv")[1][5] == "3"
    kept = next(row for row in rows_of(made, "10-conservation.csv") if row[4] == "3")
    assert kept[5] == "10.0"


def test_the_journal_is_in_it_with_its_head_and_its_verification(made: zipfile.ZipFile) -> None:
    proof = json.loads(made.read("journal.json"))
    assert proof["verification"]["whole"] is True and proof["head"]["signature"]


def test_asking_making_and_taking_it_are_lines(inspector: Agent, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.INSPECTOR)
    pack = services.ask(inspector)
    assert services.ask(inspector) == pack, "one under way stands for both"
    tasks.make_pack.call(pack.pk)
    assert "prêt en" in client.get(PAGE).content.decode()
    answer = client.get(f"{PAGE}{pack.pk}/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file is streamed
    pack.refresh_from_db()
    assert hashlib.sha256(content).hexdigest() == pack.sha256
    actions = [line.action for line in Line.objects.filter(subject=pack.pk).order_by("index")]
    assert actions == ["inspection.asked", "inspection.made", "inspection.fetched"]


def test_a_pack_that_could_not_be_made_says_so(inspector: Agent, tmp_path: Path) -> None:
    (tmp_path / "inspections").write_text("not a folder")
    pack = services.ask(inspector)
    tasks.make_pack.call(pack.pk)
    assert InspectionPack.objects.get().failed_at_us and Line.objects.filter(action="inspection.failed").exists()
    assert services.ask(inspector) != pack


def test_the_town_s_copy_dies_after_its_days(inspector: Agent) -> None:
    pack = services.ask(inspector)
    tasks.make_pack.call(pack.pk)
    services.purge_due(services.clock.now_us() + 29 * DAY_US)
    assert services.file_of(pack).exists()
    services.purge_due(services.clock.now_us() + 31 * DAY_US)
    assert not services.file_of(pack).exists()
    with pytest.raises(NotFound):
        services.fetch(pack.pk, by=inspector)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CHIEF, Role.ADMIN, Role.MAYOR])
def test_who_may_not_check_asks_for_none(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).post(f"{PAGE}etablir/").status_code == 403
