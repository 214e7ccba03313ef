"""What the law forbids here has no library to stand on, and no question that a program could ask."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beffroi.engine.gateway.app import DOORS

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(
    r"^(opencv|torch|tensorflow|keras|onnx|openvino|ultralytics|yolo|dlib|face|insightface|deepface|mediapipe|"
    r"easyocr|pytesseract|tesserocr|paddle|openalpr|fast-alpr|transformers|timm|scikit-learn|librosa|whisper)",
    re.MULTILINE,
)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_no_library_that_recognises_or_detects_is_installed(name: str) -> None:
    assert not FORBIDDEN.findall((ROOT / name).read_text())


OF_PEOPLE = re.compile(
    r"person|people|face|plate|gender|sex|^age$|skin|colou?r|cloth|hair|ethni|origin$|religio|disab|gait|appear|"
    r"attribut|descriptor|embedding|similar|match|^re_?id|suspect|silhouette|motion|follow|trail|track_id",
    re.IGNORECASE,
)
"""Words of a question about somebody: who they are, what they look like, where else they went."""


def asked_and_told(document: Any) -> Iterator[str]:
    """Names of all that an address takes or gives, and its words."""
    if isinstance(document, dict):
        yield from (one["name"] for one in document.get("parameters", []) if "name" in one)
        yield from document.get("properties", {})
        yield from (word for path in document.get("paths", {}) for word in path.split("/"))
        for inner in document.values():
            yield from asked_and_told(inner)
    elif isinstance(document, list):
        for inner in document:
            yield from asked_and_told(inner)


@pytest.mark.parametrize("server", ["web", "gateway"])
def test_no_program_can_ask_for_somebody_by_who_they_are_or_how_they_look(server: str) -> None:
    document = json.loads((ROOT / "ref" / f"openapi-{server}.json").read_text())
    names = set(asked_and_told(document))
    assert {"camera", "from_at_us"} <= names
    assert not [name for name in names if OF_PEOPLE.search(name)]


def test_no_footage_is_asked_of_more_than_one_camera_so_nobody_is_followed_across_them() -> None:
    doors = [door for door in DOORS if door.public is None]
    assert doors and all(door.path.count("{camera}") == 1 for door in doors)


def test_a_question_about_people_would_be_found() -> None:
    asked = {"paths": {"/api/persons": {"parameters": [{"name": "clothing_colour"}]}}}
    assert [name for name in asked_and_told(asked) if OF_PEOPLE.search(name)] == ["persons", "clothing_colour"]
