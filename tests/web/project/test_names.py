"""A name is a name: in no page, drawing, paper or table does it become markup, script, formula or a template's word."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction

from beffroi.operate.models import Device
from beffroi.oversee.pages import plain
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from tests.web.project.matrix import Route, foreign_camera, logged_in, make_world, own, routes

pytestmark = pytest.mark.django_db
HOSTILE = '<i41d8 onload=alert(1)>\'"</script>#panic("41d8")$41d8${{7*191}}\\input{x}'
"""HTML, an attribute's end, a script's end, typst, TeX, a template; written into every name there is."""
FORMULA = "=HYPERLINK(41)" + HOSTILE
TEXTS = {
    *("name", "title", "facts", "place", "officer", "unit", "territory", "signed_by", "text", "owner", "browser"),
    *("address", "procedure", "context", "reason", "description", "label", "comment", "source", "model", "note"),
}
ROLES = (Role.CHIEF, Role.ADMIN, Role.DPO, Role.OPERATOR, Role.MAYOR)
INLINE = re.compile(
    rb"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<[^>\"]+\son[a-z]+\s*=|<style|javascript:"
)


def free_texts() -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    """The fields of our models in which a person writes words."""
    for model in apps.get_models():
        if model.__module__.startswith("beffroi."):
            for field in model._meta.concrete_fields:
                is_text = type(field) in (models.CharField, models.TextField) and not field.choices and not field.unique
                if is_text and field.name in TEXTS:
                    yield model, field


def write_everywhere(text: str) -> int:
    written = 0
    for model, field in free_texts():
        if model._meta.label not in {"journal.Line", "journal.Head", "journal.Anchor"}:
            written += model._default_manager.update(**{field.name: text[: field.max_length]})
    return written


@pytest.fixture
def everywhere(
    agent_with: Callable[..., Agent], device: Device, make_camera: Callable[..., Any]
) -> Callable[[Role], Iterator[tuple[Route, Any]]]:
    """Answers of every address that a persona may read, in a town whose every name is hostile."""
    foreign_camera(make_camera)

    def visit(role: Role) -> Iterator[tuple[Route, Any]]:
        world = make_world(agent_with, agent_with(role, username=f"qui-{role.value}"))
        client = logged_in(world.caller)
        readable = [route for route in routes() if route.who == "agent" and route.admits(role)]
        paths = [(route, route.filled(own(route, world))) for route in readable]
        Authenticator.objects.all().delete()  # the matrix's have no credential that could be shown
        assert write_everywhere(FORMULA) > 10
        for route, path in paths:
            with transaction.atomic():
                yield route, client.get(path)
                transaction.set_rollback(True)

    return visit


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else bytes(answer.content)


@pytest.mark.any_database
@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_hostile_name_stays_a_name_wherever_it_is_read(
    everywhere: Callable[[Role], Iterator[tuple[Route, Any]]], role: Role
) -> None:
    wrong, shown = [], 0
    for route, answer in everywhere(role):
        kind, body = answer.get("Content-Type", "").partition(";")[0], content(answer)
        shown += b"41d8" in body
        if answer.status_code >= 500:
            wrong.append((route.path, answer.status_code, "broken"))
        if kind in {"text/html", "image/svg+xml", "application/xhtml+xml"}:
            policy = answer.get("Content-Security-Policy", "")
            if b"<i41d8" in body or b"1337$" in body or b"$1337" in body:
                wrong.append((route.path, answer.status_code, "markup"))
            if kind == "text/html" and (INLINE.search(body) or "default-src 'none'" not in policy):
                wrong.append((route.path, answer.status_code, "inline"))
            if "unsafe" in policy:
                wrong.append((route.path, answer.status_code, "policy"))
        elif kind == "application/json":
            json.loads(body)
        elif kind == "text/csv":
            cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";") for cell in row]
            if [cell for cell in cells if cell[:1] in set("=+@\t\r") or re.match(r"-\D", cell)]:
                wrong.append((route.path, answer.status_code, "formula"))
        if answer.get("X-Content-Type-Options") != "nosniff":
            wrong.append((route.path, answer.status_code, "sniffed"))
    assert not wrong
    assert shown > 3  # the names were there to be read


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"]
)
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_quoted(text: str) -> None:
    assert plain(text).startswith("'")


@pytest.mark.parametrize("text", ["Place du Mandarous", "12 rue Droite", "c01", ""])
def test_another_name_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text
