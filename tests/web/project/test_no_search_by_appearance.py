"""Nobody is searched by what they are: every filter there is comes from a closed list of places, times and numbers.

Source: CSI R. 253-1, last paragraph; LIL 6. The lists are held against the URL table, both OpenAPI documents, every
form and every message of the live socket: a new filter is refused here until it is named, and never by appearance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from django import forms
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import Client

from beffroi.engine.gateway.live import MESSAGES
from beffroi.engine.gateway.openapi import openapi as of_the_gateway
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.web.openapi import ASKED, openapi, programs
from tests.web.project.matrix import logged_in, make_world, own, routes

FILTERS = {
    *("camera", "cameras", "stream"),
    *("from_at_us", "to_at_us", "at_us", "day", "le", "jour"),
    *("register", "agent", "before", "ligne"),  # lines of the journal: who looked, never who was seen
    *("q", "zone", "scenario", "version", "nature", "phase"),  # places, plans and phases, kinds of facts
    *("dossier",),  # a request to the prefect
    *("annee", "agents"),  # a year of figures; how many people a ten-year cost reckons with
    *("folder", "size", "number"),  # files of an export
    *("state", "error", "code", "next"),  # signing in
}
"""Every filter that an address takes after its `?`."""
OF_FOOTAGE = {
    *("requests", "camera", "cameras", "place", "kind", "stream", "from_at_us", "to_at_us"),  # where, when
    *("reason", "code", "reference", "facts", "officer", "unit", "phone"),  # why, at whose request
    *("type", "tile", "grant", "format", "transcode", "sent_ms"),  # how it is sent
}
"""All that a program may say when it asks for footage, live or kept."""
APPEARANCE = re.compile(
    r"(^|_)(skin|peau|sex|sexe|gender|genre|race|ethnic\w*|ethni\w*|origin_of|origine|religio\w*|disab\w*|handicap\w*|"
    r"cloth\w*|dress|vetement\w*|colou?r\w*|couleur\w*|hair|cheveu\w*|beard|barbe|gait|demarche|face|faces|visage\w*|"
    r"person_\w+|silhouette|age|height_of|plate|plaque|appearance|apparence|biometr\w*|crowd|foule|behaviou?r\w*|"
    r"comportement\w*|similar\w*|lookalike)($|_)"
)


def of_an_answer(schema: Any) -> Iterator[str]:
    """Every name of a JSON schema, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from of_an_answer(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from of_an_answer(value)


def queries_of(document: dict[str, Any]) -> set[str]:
    """Every name after a `?` in an OpenAPI document."""
    operations = [one for path in document["paths"].values() for one in path.values() if isinstance(one, dict)]
    asked = [parameter for one in operations for parameter in one.get("parameters", ())]
    return {parameter["name"] for parameter in asked if parameter["in"] == "query"}


def every_form() -> set[type[forms.BaseForm]]:
    """The forms of every page, once the URL table has imported them."""
    routes()
    found: set[type[forms.BaseForm]] = set()
    waiting: list[type[forms.BaseForm]] = [forms.BaseForm]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("beffroi."):
            found.add(kind)
    return found


def test_every_filter_of_both_servers_is_of_the_closed_list() -> None:
    asked = queries_of(openapi(with_pages=True)) | queries_of(of_the_gateway())
    assert asked <= FILTERS
    assert {name for names in ASKED.values() for name in names} <= FILTERS
    assert {name for program in programs().values() for name in program.asks} <= FILTERS


@pytest.mark.any_database
@pytest.mark.django_db
def test_no_page_reads_a_filter_that_the_list_does_not_know(
    agent_with: Callable[..., Agent], device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address of the URL table is asked, and what it looks up after the `?` is noted."""
    read: set[str] = set()

    class Noted(QueryDict):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

        def get(self, name: Any, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

        def getlist(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().getlist(name, default)

    monkeypatch.setattr(WSGIRequest, "GET", property(lambda self: Noted(self.META.get("QUERY_STRING", ""))))
    world = make_world(agent_with, agent_with(Role.TECHNICAL, Role.CHIEF))
    clients: list[Client] = [
        logged_in(agent_with(Role.TECHNICAL, username="technical")),
        logged_in(agent_with(Role.CHIEF, username="chief")),
        logged_in(agent_with(Role.DPO, username="dpo")),
    ]
    for route in routes():
        allowed = {
            *ASKED.get(route.name, ()),
            "next",
            *(() if route.name not in programs() else programs()[route.name].asks),
        }
        for client in clients:
            read.clear()
            b"".join(client.get(route.filled(own(route, world))))  # read to its end, a file is closed
            assert read <= allowed, f"{route}: say in web.openapi.ASKED what it is asked"
    assert allowed <= FILTERS


def test_what_a_program_says_to_ask_for_footage_is_of_the_closed_list() -> None:
    document = openapi()
    bodies = [document["paths"][path]["post"]["requestBody"] for path in ("/api/grants", "/api/locks")]
    schemas = document["components"]["schemas"]
    named = {name.rpartition("/")[2] for body in bodies for name in re.findall(r"#/components/schemas/\w+", str(body))}
    while (
        more := {
            name.rpartition("/")[2]
            for one in named
            for name in re.findall(r"#/components/schemas/\w+", str(schemas[one]))
        }
        - named
    ):
        named |= more
    asked = {name for one in named for name in of_an_answer(schemas[one])}
    spoken = {one.name for kind in MESSAGES.values() for one in fields(kind)}
    assert all(is_dataclass(kind) for kind in MESSAGES.values())
    assert asked | spoken <= OF_FOOTAGE


def test_no_schema_no_form_and_no_message_has_a_place_for_appearance() -> None:
    names = {name for document in (openapi(with_pages=True), of_the_gateway()) for name in of_an_answer(document)}
    names |= {name for kind in every_form() for name in getattr(kind, "base_fields", {})}
    names |= {one.name for kind in MESSAGES.values() for one in fields(kind)}
    names |= FILTERS | OF_FOOTAGE
    assert len(names) > 200, "the documents and the forms were read"
    assert not [name for name in sorted(names) if APPEARANCE.search(name.lower())]


@pytest.mark.parametrize(
    "name", ["skin", "hair_colour", "couleur_vetement", "sex", "gait", "face", "person_height", "age"]
)
def test_a_filter_by_appearance_would_be_found(name: str) -> None:
    assert APPEARANCE.search(name)
