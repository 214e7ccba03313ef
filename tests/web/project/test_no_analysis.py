"""No analysis of pictures: nothing counts or detects, nothing could be switched on, health is of devices alone.

Source: CNIL, 19 July 2022 and 5 December 2024; loi 2023-380, art. 10 (an experiment that is not offered here).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

import beffroi
from beffroi.core.config import Config
from beffroi.engine.contract import (
    FACT_DETAILS,
    CameraHealth,
    EngineFact,
    FactKind,
    GrantKind,
    MaskVerdict,
    NodeHealth,
    StreamHealth,
)
from beffroi.operate.models import Device, NodeFact
from beffroi.people.rules import Right, Role
from tests.architecture.test_absences import OF_PEOPLE
from tests.web.conftest import Recorder
from tests.web.operate.test_exchange import body, reply
from tests.web.project.matrix import routes

SOURCE = Path(beffroi.__file__).parent
ANALYSIS = re.compile(
    r"analytic|detect|experiment|(?<!in)trial|games|jeux|olymp|crowd|foule|densit|weapon|loiter|intrusion|left.?object|"
    r"wrong.?way|behavio|comportement|algorithm|inference|neural|footfall|head.?count|pedestrian|passers|comptage|counter$|"
    r"plug.?in|hook",
    re.IGNORECASE,
)
"""Words of a function that would look at what pictures show: the eight events of the experiment, and counting."""
NOT_OF_PICTURES = {"detect"}
"""A class of sharpness of the plan (DORI)."""
READS_PICTURES = {
    "engine/inputs.py": "the stand-in for our RTSP client: pictures in, pictures out",
    "engine/upkeep.py": "destroys small pictures at their term",
    "engine/masks/guards.py": "blackens what a mask covers",
    "engine/masks/looking.py": "is a mask black: proved, unproved or failed",
    "engine/masks/proofs.py": "keeps the picture of a proof",
    "engine/gateway/measuring.py": "size and rate of a stream",
    "engine/gateway/pictures.py": "a picture asked for by somebody with a right and a reason",
    "engine/gateway/transcoding.py": "the same pictures in a codec that a browser reads",
    "evidence/access/copies.py": "covers other people in a copy, where an agent has drawn",
    "evidence/packs/working_copy.py": "the same pictures in a file that any player reads",
    "cli/demo_evening.py": "pictures of the demo",
}
"""All that decodes, and what comes out: a picture, a mask's verdict, a stream's size. A new reader is named here."""


def settable(kind: Any) -> Iterator[str]:
    """Every name of the tree of settings, and every value it begins with."""
    for one in fields(kind):
        yield one.name
        value = getattr(kind, one.name, None) if not isinstance(kind, type) else None
        if is_dataclass(value):
            yield from settable(value)


def stored() -> Iterator[str]:
    """Every column of the database, and every value of its closed lists."""
    for model in apps.get_models():
        if model.__module__.startswith("beffroi."):
            for one in model._meta.get_fields():
                yield one.name
                yield from (str(value) for value, _ in getattr(one, "choices", None) or ())


def test_no_setting_column_right_grant_fact_or_address_names_an_analysis() -> None:
    names = {*settable(Config()), *stored(), *(name.lower() for name in dir(settings) if name.startswith("BEFFROI"))}
    names |= {one.value for kind in (Right, Role, GrantKind, FactKind) for one in kind}
    names |= {route.path for route in routes()} | {route.name for route in routes()}
    names |= {path.stem for path in (SOURCE / "cli").glob("*.py")}
    assert len(names) > 500, "settings, columns and addresses were read"
    assert {name for name in names if ANALYSIS.search(name)} - NOT_OF_PICTURES == set()


@pytest.mark.parametrize("name", ["crowd_density", "left-object", "analytics.enabled", "experiment", "footfall_count"])
def test_an_analysis_would_be_found(name: str) -> None:
    assert ANALYSIS.search(name)


def test_what_decodes_pictures_is_a_closed_list_and_none_of_it_counts_what_they_show() -> None:
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "beffroi.engine.decode" in path.read_text()  # imported, or started as a program
    }
    assert {name for name in found if not name.startswith("engine/decode/")} == set(READS_PICTURES)
    assert {verdict.value for verdict in MaskVerdict} == {"proved", "unproved", "failed"}


def test_what_a_recorder_tells_is_of_devices_and_of_who_looks_never_of_who_is_filmed() -> None:
    assert set(FACT_DETAILS) == set(FactKind)
    names = {name for told in FACT_DETAILS.values() for name in told}
    names |= {one.name for kind in (NodeHealth, CameraHealth, StreamHealth) for one in fields(kind)}
    assert len(names) > 60
    assert not [name for name in names if OF_PEOPLE.search(name) or ANALYSIS.search(name)]


def details(path: Path) -> Iterator[str]:
    """Names of the details written beside a kind of fact, in functions that make one."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        if names & {"FactKind", "Detail"}:
            for node in ast.walk(function):
                if isinstance(node, ast.Dict):
                    yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def test_the_engine_says_nothing_that_the_contract_does_not_know() -> None:
    known = {name for told in FACT_DETAILS.values() for name in told}
    said = {name for path in (SOURCE / "engine").rglob("*.py") for name in details(path)}
    assert {"levels", "offset_ms", "method", "true_fps_thousandths"} <= said, "the makers of facts were found"
    assert said - {"socket", "vault"} <= known  # two paths that the gateway's process is given


@pytest.mark.django_db
def test_more_than_the_contract_lets_a_fact_say_is_not_kept(client: Client, recorder: Recorder, device: Device) -> None:
    said: dict[str, str | int | bool] = {"offset_ms": 3, "is_astray": False, "people": 12, "plate": "AB-123-CD"}
    fact = EngineFact(seq=1, kind=FactKind.CAMERA_CLOCK, at_us=5, camera="c01", detail=said)
    assert reply(client, recorder, body(fact)).acked_seq == 1
    assert NodeFact.objects.get().detail == {"offset_ms": 3, "is_astray": False}
