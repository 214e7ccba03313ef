"""The JSON schemas of `ref/`, from the models themselves: `python -m beffroi.plan.scenario.schemas ref`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel

from beffroi.plan.scenario.answers import CoverageAnswer, OptimiseAnswer, ScoreAnswer
from beffroi.plan.scenario.document import Scenario
from beffroi.plan.scenario.network_answers import NetworkAnswer, SizeAnswer

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
MODELS: MappingProxyType[str, type[BaseModel]] = MappingProxyType(
    {
        "plan-scenario": Scenario,
        "plan-coverage": CoverageAnswer,
        "plan-optimise": OptimiseAnswer,
        "plan-score": ScoreAnswer,
        "plan-network": NetworkAnswer,
        "plan-size": SizeAnswer,
    }
)


def text(name: str) -> str:
    """One schema, as its file holds it."""
    mode: Literal["validation", "serialization"] = "validation" if name == "plan-scenario" else "serialization"
    schema = {"$schema": _DRAFT} | MODELS[name].model_json_schema(mode=mode)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """All of them, into a folder."""
    for name in MODELS:
        (folder / f"{name}.schema.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
