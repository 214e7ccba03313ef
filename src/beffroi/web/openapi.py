"""Web as an OpenAPI document, made from its addresses: `python -m beffroi.web.openapi`.

What programs call says its JSON in `programs()`; everything else is a page for people, in the document on demand only.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from typing_extensions import TypedDict

from beffroi.core.openapi import FORM, SLUG, Operation, Parameter, document, written
from beffroi.engine.contract import ExchangeReply, ExchangeRequest
from beffroi.people.permissions import declared

_TEXT = {"type": "string", "maxLength": 200}
_HOLES: dict[str, dict[str, Any]] = {
    "slug": {"type": "string", "pattern": SLUG, "maxLength": 63},
    "int": {"type": "integer", "minimum": 0},
    "str": _TEXT,
    "path": _TEXT,
    "uuid": {"type": "string", "format": "uuid"},
}


class Ready(TypedDict):
    """For probes: web answers."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Program:
    """What one address that programs call takes and gives: a type, a media type, or "" for nothing."""

    gives: Any
    method: str = "get"
    takes: Any = None
    asks: tuple[str, ...] = ()


def programs() -> dict[str, Program]:
    """By the name of the address."""
    from beffroi.evidence import api as evidence
    from beffroi.evidence import held
    from beffroi.operate import answers, api, grants
    from beffroi.plan.editor import answers as plan
    from beffroi.plan.editor import rows as plan_asked

    return {
        "health": Program(Ready),
        "fonts": Program("text/css"),
        "node-exchange": Program(ExchangeReply, "post", ExchangeRequest),
        "node-enrol": Program(answers.Enrolled, "post", api.EnrolAsked),
        "api-me": Program(answers.Me),
        "api-cameras": Program(answers.Cameras),
        "api-state": Program(answers.State),
        "api-reasons": Program(answers.Reasons),
        "api-map": Program(answers.BaseMap),
        "api-places": Program(answers.Places, asks=("q",)),
        "api-holds": Program(held.Held, asks=("camera", "from_at_us", "to_at_us")),
        "api-grants": Program(answers.Grants, "post", grants.GrantsAsked),
        "api-locks": Program(evidence.Locks, "post", evidence.LockAsked),
        "api-plan-ground": Program(plan.GroundAnswer),
        "api-plan-scenarios": Program(plan.ScenarioNames),
        "api-plan-scenario": Program(plan.ScenarioAnswer, asks=("version",)),
        "api-plan-proposal": Program(plan.ProposalAnswer),
        "api-plan-propose": Program(plan.ProposalAnswer, "post", plan_asked.ProposeAsked),
        "api-plan-cancel": Program(plan.ProposalAnswer, "post"),
        "api-plan-spots": Program(plan.SpotsAnswer),
        "api-plan-camera": Program(plan.ViewAnswer, "post", plan_asked.ViewAsked),
        "api-plan-coverage": Program(plan.PlanAnswer, "post", plan_asked.PlanAsked),
        "api-plan-masks": Program(plan.PlanMasks, "post", plan_asked.PlanAsked),
        "api-plan-save": Program(plan.ScenarioAnswer, "post", plan_asked.SaveAsked),
    }


ASKED = {
    "add-camera": ("camera",),
    "add-order": ("dossier",),
    "plan-coverage": ("scenario",),
    "planner": ("scenario",),
    "pour-zone": ("zone",),
    "hot-spots": ("nature",),
    "programme": ("le",),
    "monthly-sheet": ("le",),
    "plan-network": ("le",),
    "plan-cost": ("agents",),
    "requisition-call": ("cameras", "from_at_us", "to_at_us"),
    "logbook": ("jour",),
    "logbook-add": ("at_us", "camera"),
    "journal": ("register", "camera", "agent", "day", "before"),
    "journal-proof": ("ligne",),
    "destructions": ("day",),
    "council": ("annee",),
    "council-paper": ("annee",),
    "ethics-report": ("annee",),
    "add-evaluation": ("phase",),
    "oidc-back": ("state", "error", "code"),
}
"""What a page's query may hold, by the name of its address; a page not named here is asked nothing."""


def openapi(*, with_pages: bool = False) -> dict[str, Any]:
    """The document."""
    known = programs()
    operations = [
        operation
        for prefix, pattern in _patterns(get_resolver("beffroi.web.urls"), "/")
        if with_pages or pattern.name in known
        for operation in _operations(prefix + str(pattern.pattern), pattern, known.get(pattern.name or ""))
    ]
    session = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
    node = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A node's signature: `Beffroi-Node id=…, at=…, sig=…` (ref/wire.md §3).",
    }
    return document("Beffroi: web", operations, schemes={"session": session, "node": node})


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix, entry


def _operations(route: str, pattern: URLPattern, program: Program | None) -> Iterator[Operation]:
    access = declared(pattern.callback)
    who = access.who if access else "agent"
    path = re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    holes = tuple(Parameter(name=name, schema=_HOLES[kind]) for kind, name in re.findall(r"<(\w+):(\w+)>", route))
    asks = program.asks if program else ASKED.get(pattern.name or "", ())
    query = tuple(Parameter(name=name, place="query", schema=_TEXT, is_required=False) for name in asks)
    common: dict[str, Any] = {
        "path": path,
        "summary": _summary(pattern),
        "parameters": (*holes, *query),
        "security": {"agent": ("session",), "node": ("node",)}.get(who, ()),
    }
    if program:
        refuses = () if who == "public" else (400, 401, 403, 404, 409, 503)
        yield Operation(method=program.method, gives=program.gives, takes=program.takes, refuses=refuses, **common)
        return
    for method, takes in (("get", None), ("post", FORM)):
        yield Operation(
            method=method, gives="text/html", takes=takes, refuses=_PAGE_REFUSES, other=(302, 405), refused_as="Page",
            **common,
        )  # fmt: skip


_PAGE_REFUSES = (400, 401, 403, 404, 409, 429, 503)


def _summary(pattern: URLPattern) -> str:
    return (pattern.callback.__doc__ or pattern.name or "").strip().splitlines()[0]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beffroi.web.settings")
    django.setup()
    sys.stdout.write(written(openapi()))
