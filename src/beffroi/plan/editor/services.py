"""Writes of the editor: a scenario saved is a version added."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.core.errors import BeffroiError, Conflict, InvalidInput, NotFound
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.editor.queries import is_scenario, last_version
from beffroi.plan.editor.rows import ProposeAsked, SaveAsked, refuse_repeated
from beffroi.plan.editor.seeing import cameras_of
from beffroi.plan.models import TOWN_PLAN, Phase, Scenario, ScenarioProposal, ScenarioVersion, TownCameraModel
from beffroi.plan.scenario.problems import ScenarioRefused
from beffroi.territory.models import Zone


def save(asked: SaveAsked, *, by: str) -> ScenarioVersion:
    """Keeps a scenario, new or changed, as one more version.

    Errors: ScenarioRefused listing what must be mended; NotFound; Conflict when somebody saved it meanwhile.
    """
    problems = refuse_repeated(asked, frozenset(Zone.objects.values_list("pk", flat=True)))
    if problems:
        raise ScenarioRefused(problems)
    with transaction.atomic():
        _hold_models(asked)
        cameras_of(asked.cameras)
        kept = _kept(asked, by=by)
        version = ScenarioVersion.objects.create(
            scenario=kept,
            number=asked.seen_version + 1,
            cameras=[row.model_dump(mode="json", exclude_defaults=True) for row in asked.cameras],
            zones=[row.model_dump(mode="json", exclude_defaults=True) for row in asked.zones],
            note=asked.note,
            by=by,
            at=timezone.now(),
        )
        detail = {"version": version.number, "cameras": len(asked.cameras), "zones": len(asked.zones)}
        append(Entry(register=Register.CONFIGURATION, action="scenario.saved", author=by, subject=kept.pk,
                     detail=detail))  # fmt: skip
    return version


def _hold_models(asked: SaveAsked) -> None:
    """The town's models that are named stay until the version is there: one that is used is not removed."""
    named = {row.model for row in asked.cameras if row.model}
    list(TownCameraModel.objects.select_for_update().filter(pk__in=named))


def _kept(asked: SaveAsked, *, by: str) -> Scenario:
    """The scenario's row, locked; a new one when it has no id yet."""
    if asked.id is None:
        return _new(asked, by=by)
    kept = Scenario.objects.select_for_update().filter(pk=asked.id).first()
    if kept is None:
        raise NotFound(
            "There is no such scenario; choose one of the list, or save as a new one.",
            message_fr="Ce scénario n'existe pas ; choisissez-en un dans la liste, ou enregistrez-le comme nouveau.",
            field="id",
        )
    last = kept.versions.order_by("number").last()
    if last is not None and last.number != asked.seen_version:
        raise Conflict(
            f"Version {last.number} was saved meanwhile by {last.by}; load it, or save yours as a new scenario.",
            message_fr=f"La version {last.number} a été enregistrée entre-temps par {last.by} ; chargez-la, ou "
            "enregistrez la vôtre comme nouveau scénario.",
            field="seen_version",
        )
    if kept.name != asked.name:
        kept.name = asked.name
        kept.save(update_fields=["name"])
    return kept


def _new(asked: SaveAsked, *, by: str) -> Scenario:
    if asked.seen_version or not is_scenario(asked.based_on):
        raise InvalidInput(
            "A new scenario begins at version 0, from one that exists; give `based_on` from the list.",
            message_fr="Un nouveau scénario part de la version 0 d'un scénario existant ; donnez `based_on`.",
            field="based_on",
        )
    based_on = None if asked.based_on == TOWN_PLAN else asked.based_on
    return Scenario.objects.create(
        id=_free_key(asked.name), name=asked.name, based_on_id=based_on, made_by=by, made_at=timezone.now()
    )


def _free_key(name: str) -> str:
    base = slugify(name)[:50] or "scenario"
    taken = {TOWN_PLAN, *Scenario.objects.filter(pk__startswith=base).values_list("pk", flat=True)}
    keys = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(key for key in keys if key not in taken)


def ask_proposal(scenario_id: str, asked: ProposeAsked, *, by: str) -> ScenarioProposal:
    """A question for the optimiser about a scenario's last version; the same one that waits already is not doubled.

    Another one that waits is given up: one question of a version is worked at.
    Errors: NotFound; InvalidInput for the town's plan (it is kept as a scenario first) or a phase that is not known.
    """
    if scenario_id == TOWN_PLAN:
        raise InvalidInput(
            "The town's plan is compared once it is saved as a scenario; give it a name and save.",
            message_fr="Le plan de la ville se compare une fois enregistré comme scénario ; nommez-le, enregistrez.",
            field="scenario",
        )
    _check_phases(asked)
    version, question = last_version(scenario_id), asked.model_dump(mode="json", exclude_defaults=True)
    with transaction.atomic():
        waiting = ScenarioProposal.objects.select_for_update().filter(version=version, ended_at__isnull=True)
        for one in waiting:
            if one.asked == question:
                return one
        waiting.update(ended_at=timezone.now(), is_cancelled=True)
        made = ScenarioProposal.objects.create(version=version, asked=question, asked_by=by, asked_at=timezone.now())
        append(Entry(register=Register.CONFIGURATION, action="scenario.optimised", author=by, subject=scenario_id,
                     detail={"version": version.number}))  # fmt: skip
    return made


def _check_phases(asked: ProposeAsked) -> None:
    known = set(Phase.objects.values_list("pk", flat=True))
    unknown = [one.phase for one in asked.phases if one.phase not in known]
    if unknown:
        raise InvalidInput(
            f"There is no phase {', '.join(unknown)}; choose among the programme's.",
            message_fr=f"Il n'y a pas de phase {', '.join(unknown)} ; choisissez parmi celles du programme.",
            field="phases",
        )


def cancel_proposal(scenario_id: str) -> None:
    """Gives up what is being sought for a scenario's last version; what was found meanwhile stays.

    Errors: NotFound.
    """
    waiting = ScenarioProposal.objects.filter(version=last_version(scenario_id), ended_at__isnull=True)
    waiting.update(ended_at=timezone.now(), is_cancelled=True)


def keep_progress(asked: ScenarioProposal, share: float, answer: dict[str, Any] | None) -> bool:
    """How far the worker is, and the best it knows; False when the question was given up."""
    known = {"progress": share} | ({"answer": answer} if answer else {})
    return bool(ScenarioProposal.objects.filter(pk=asked.pk, ended_at__isnull=True).update(**known))


def end_proposal(
    asked: ScenarioProposal, *, answer: dict[str, Any] | None = None, refused: BeffroiError | None = None
) -> None:
    """Keeps what the optimiser found, or why it could not, unless it was given up; no line: the question has one."""
    told: dict[str, Any] = {"answer": answer, "progress": 1.0, "ended_at": timezone.now()}
    if refused is not None:
        told |= {"refusal": refused.message[:400], "refusal_fr": refused.message_fr[:400]}
    ScenarioProposal.objects.filter(pk=asked.pk, ended_at__isnull=True).update(**told)
