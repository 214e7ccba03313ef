"""Reads of the editor: the ground to draw, the town's plan as a scenario, the scenarios kept."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Subquery

from beffroi.core.errors import NotFound
from beffroi.plan import catalogue
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.editor import answers
from beffroi.plan.editor.ground import Ground, ground, layer, version
from beffroi.plan.ground import looked_at
from beffroi.plan.models import TOWN_PLAN, Camera, Phase, Scenario, ScenarioProposal, ScenarioVersion, Site
from beffroi.plan.rules import StateName
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.scenario.ground import ZoneRow
from beffroi.territory.queries import map_layers, town


@lru_cache(maxsize=1)
def _drawn(on: Ground) -> answers.GroundAnswer:
    known, layers = town(), map_layers()
    assert known is not None  # there is a ground
    return answers.GroundAnswer(
        version=on.version,
        centre=(known.lon, known.lat),
        streets=layers["streets"],
        water=layers["water"],
        zones=tuple(
            answers.NamedZone(
                id=zone["properties"]["id"], name=zone["properties"]["name"], shape=dict(zone["geometry"])
            )
            for zone in layers["zones"]["features"]
        ),
        perimeter=known.boundary,
        phases=(),
        sites={},
        models=_models(),
        classes=tuple(answers.ClassName.model_validate(one) for one in catalogue.scale().classes),
        **layer(on),
    )


def drawn_ground() -> answers.GroundAnswer:
    """All that the map is drawn from, kept until the ground changes."""
    return _drawn(ground()).model_copy(update=_named())


def drawn_version() -> str:
    """Another for each `drawn_ground`: the ground, and what its sites and phases are called."""
    named = hashlib.sha256(repr(_named()).encode()).hexdigest()
    return f"{version()}-{named[:16]}"


def _named() -> dict[str, Any]:
    return {"phases": _phases(), "sites": dict(Site.objects.order_by("pk").values_list("pk", "name"))}


def _phases() -> tuple[answers.NamedPhase, ...]:
    return tuple(answers.NamedPhase.model_validate(one) for one in Phase.objects.order_by("programme__rank", "rank"))


def _models() -> tuple[answers.ModelAnswer, ...]:
    return tuple(
        answers.ModelAnswer(
            id=one.id,
            name=one.name,
            kind=one.kind,
            width_px=one.width_px,
            height_px=one.height_px,
            hfov_deg=round(one.lens().hfov_deg, 1),
            hfov_tele_deg=one.hfov_tele_deg,
            night_range_m=one.night_range_m,
        )
        for one in camera_models().values()
    )


def town_rows() -> tuple[CameraRow, ...]:
    """The town's cameras as rows of a scenario: what was planned, not what a survey found; none that was removed."""
    return tuple(
        CameraRow(
            id=one.pk,
            position=(one.lon, one.lat),
            height_m=one.height_m,
            bearing_deg=one.bearing_deg % 360.0,
            tilt_deg=one.tilt_deg,
            model=one.model or None,
            width_px=one.width_px,
            height_px=one.height_px,
            hfov_deg=min(one.hfov_deg, 179.0),
            site=one.site_id,
            phase=one.phase_id,
            kind="ptz" if one.kind == "ptz" else "fixed",
            presets=looked_at(one),
        )
        for one in Camera.objects.exclude(states__state=StateName.REMOVED).order_by("number")
    )


def _town_name() -> answers.ScenarioName:
    known = town()
    return answers.ScenarioName(
        id=TOWN_PLAN, name=known.name if known else "", based_on="", version=0, by="", at="", note=""
    )


def _name(version: ScenarioVersion) -> answers.ScenarioName:
    kept = version.scenario
    return answers.ScenarioName(
        id=kept.pk,
        name=kept.name,
        based_on=kept.based_on_id or TOWN_PLAN,
        version=version.number,
        by=version.by,
        at=version.at.isoformat(),
        note=version.note,
    )


def scenarios() -> answers.ScenarioNames:
    """The town's plan, then each scenario with its last version, the last saved first."""
    last = ScenarioVersion.objects.filter(scenario=OuterRef("scenario")).order_by("-number").values("number")[:1]
    found = ScenarioVersion.objects.filter(number=Subquery(last)).select_related("scenario").order_by("-at")
    return answers.ScenarioNames(scenarios=(_town_name(), *(_name(one) for one in found)))


def last_version(scenario_id: str, number: int | None = None) -> ScenarioVersion:
    """A scenario's last version, or the one of this number.

    Errors: NotFound.
    """
    versions = ScenarioVersion.objects.select_related("scenario").filter(scenario=scenario_id).order_by("number")
    found = versions.last() if number is None else versions.filter(number=number).first()
    if found is None:
        raise NotFound(
            "There is no such scenario; choose one of the list.",
            message_fr="Ce scénario n'existe pas ; choisissez-en un dans la liste.",
            field="scenario",
        )
    return found


def scenario(scenario_id: str, number: int | None = None) -> answers.ScenarioAnswer:
    """A scenario as last saved, or its version of this number; or the town's plan.

    Errors: NotFound.
    """
    if scenario_id == TOWN_PLAN:
        return answers.ScenarioAnswer(**_town_name().model_dump(), cameras=town_rows(), zones=())
    found = last_version(scenario_id, number)
    return answers.ScenarioAnswer(
        **_name(found).model_dump(),
        versions=_versions(scenario_id),
        cameras=tuple(CameraRow.model_validate(row) for row in found.cameras),
        zones=tuple(ZoneRow.model_validate(row) for row in found.zones),
    )


def _versions(scenario_id: str) -> tuple[answers.VersionName, ...]:
    rows = ScenarioVersion.objects.filter(scenario=scenario_id).order_by("-number").values("number", "by", "at", "note")
    return tuple(answers.VersionName.model_validate(row | {"at": row["at"].isoformat()}) for row in rows)


def is_scenario(scenario_id: str) -> bool:
    """True for the town's plan and for what was kept."""
    return scenario_id == TOWN_PLAN or Scenario.objects.filter(pk=scenario_id).exists()


def proposal(scenario_id: str) -> answers.ProposalAnswer:
    """What was last asked of the optimiser for a scenario's last version; of the town's plan nothing is kept.

    Errors: NotFound.
    """
    if scenario_id == TOWN_PLAN:
        return answers.ProposalAnswer(state="none")
    version = last_version(scenario_id)
    found = ScenarioProposal.objects.filter(version=version).first()
    if found is None:
        return answers.ProposalAnswer(state="none", version=version.number)
    known = found.answer or {}
    told = {"state": _state_of(found), "version": version.number, "progress": found.progress}
    return answers.ProposalAnswer.model_validate(
        known | told | {"refusal": found.refusal, "refusal_fr": found.refusal_fr}
    )


def _state_of(found: ScenarioProposal) -> str:
    if found.is_cancelled:
        return "cancelled"
    if found.ended_at is None:
        return "running" if found.answer else "waiting"
    return "refused" if found.refusal else "done"
