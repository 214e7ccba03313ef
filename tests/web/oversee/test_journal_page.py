"""The journal's page: found, in words, with what proves it; reading it is a line; others do not enter."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

import beffroi
from beffroi.core.merkle import root_from_proof
from beffroi.journal import rules
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append, append_all, sign_head
from beffroi.oversee import words
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db
PAGE = "/journal/"


@pytest.fixture
def reader(client_of: Callable[..., Client]) -> Client:
    return client_of(Role.DPO)


@pytest.fixture
def told(agent_with: Callable[..., Agent], a_camera: Camera) -> Agent:
    """An export and a login of one agent."""
    agent = agent_with(Role.CHIEF, username="=chef")
    start_us = 1_790_000_000_000_000
    span: dict[str, int | bool | str] = {"from_at_us": start_us, "to_at_us": start_us + 600_000_000, "kind": "export"}
    append_all(
        [
            Entry(
                register=Register.EXPORT,
                action="grant.given",
                author=agent.pk,
                reason="requisition",
                camera=a_camera.pk,
                subject="g1",
                detail=span,
            ),
            Entry(register=Register.HABILITATION, action="session.opened", author=agent.pk, subject=agent.pk),
        ]
    )
    return agent


def test_lines_are_shown_in_words_with_names(reader: Client, told: Agent, a_camera: Camera) -> None:
    text = reader.get(PAGE, {"register": "export"}).content.decode()
    assert told.name in text and a_camera.name in text
    assert "Réquisition judiciaire" in text and "droit de voir donné" in text


@pytest.mark.parametrize(
    "query", [{"register": "habilitation"}, {"camera": "c02"}, {"day": "2020-01-01"}, {"before": "1"}]
)
def test_filters_leave_out_what_was_not_asked(query: dict[str, str], reader: Client, told: Agent) -> None:
    indexes = [row.index for row in reader.get(PAGE, query).context["rows"]]
    export = Line.objects.get(action="grant.given").index
    assert export not in indexes or query == {"before": "1"}


def test_lines_of_one_agent_are_found(reader: Client, told: Agent) -> None:
    rows = reader.get(PAGE, {"agent": told.pk}).context["rows"]
    assert [row.author for row in rows] == [told.name, told.name]


def test_a_long_journal_is_paged_newest_first(reader: Client) -> None:
    append_all([Entry(register=Register.GAP, action="gap.found", author="node:n1") for _ in range(250)])
    address, seen = PAGE + "?register=gap", []
    while address:
        page = reader.get(address)
        seen += [row.index for row in page.context["rows"]]
        address = PAGE + "?" + page.context["next"] if page.context["next"] else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 250


@pytest.mark.parametrize("path", [PAGE, PAGE + "?register=export", "/journal/exports.csv"])
def test_reading_is_a_line(path: str, reader: Client, agent_with: Callable[..., Agent]) -> None:
    reader.get(path)
    line = Line.objects.filter(action="journal.read").get()
    assert (line.register, line.author) == ("journal", agent_with(Role.DPO).pk)
    assert ("register" in json.loads(line.detail)) == (path != PAGE)


@pytest.mark.parametrize(
    "query", [{"register": "gossip"}, {"day": "hier"}, {"camera": "<b>"}, {"agent": "x y"}, {"before": "-1"}]
)
def test_a_filter_that_does_not_fit_is_refused_and_nothing_is_told(query: dict[str, str], reader: Client) -> None:
    assert reader.get(PAGE, query).status_code == 400
    assert not Line.objects.filter(action="journal.read").exists()


def test_the_page_says_what_proves_it_and_what_does_not(reader: Client) -> None:
    text = reader.get(PAGE).content.decode()
    assert "aucune encore" in text and "aucun témoin" in text and "non horodaté par un tiers" in text
    sign_head(time.time_ns() // 1000)
    assert "aucune encore" not in reader.get(PAGE).content.decode()


def test_the_register_of_exports_has_every_field_of_the_order(reader: Client, told: Agent, a_camera: Camera) -> None:
    answer = reader.get("/journal/exports.csv")
    heads, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert len(heads) == len(row) and all(row)
    assert row[2:4] == ["600", f"{a_camera.name} ({a_camera.pk})"]
    assert row[5].startswith("'="), "a name that a spreadsheet would take for a formula"


def test_the_proof_of_a_line_is_enough_for_a_third_party(reader: Client, told: Agent) -> None:
    sign_head(time.time_ns() // 1000)
    index = Line.objects.get(action="grant.given").index
    form = reader.get("/journal/preuve", {"ligne": index}).json()
    leaf = rules.leaf(bytes.fromhex(form["salt"]), form["content"].encode())
    _, _, size, root, *_ = form["head"].split("\n")
    path = [bytes.fromhex(one) for one in form["path"]]
    found = root_from_proof(index, int(size), leaf=leaf, path=path)
    assert found is not None and found.hex() == root


def test_a_line_that_no_head_covers_has_no_proof_yet(reader: Client) -> None:
    index = append(Entry(register=Register.GAP, action="gap.found", author="node:n1"))
    assert reader.get("/journal/preuve", {"ligne": index}).status_code == 404


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CHIEF, Role.ADMIN, Role.MAYOR, Role.POLICE])
@pytest.mark.parametrize("path", [PAGE, "/journal/exports.csv", "/journal/preuve?ligne=0"])
def test_who_may_not_check_does_not_read(path: str, role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(path).status_code == 403


def test_every_action_written_in_the_sources_has_its_words() -> None:
    said = re.compile(r'(?:action=|tell\(|_change\([^"]*|of_change\(|Register\.[A-Z]+, )"([a-z-]+\.[a-z-]+)"')
    folder = Path(beffroi.__file__).parent
    found = {one for path in folder.rglob("*.py") for one in said.findall(path.read_text())}
    assert len(found) > 30
    assert found - {"export.json", "public.pem", "object.verb"} <= set(words.ACTIONS)
