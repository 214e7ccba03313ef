"""Writes of the library: a file of models, one model put, one removed. The rules of a model are `catalogue`'s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from beffroi.core.errors import Conflict, NotFound
from beffroi.journal.services import Entry, Register, append
from beffroi.plan import catalogue
from beffroi.plan.camera_models.queries import own_models, uses, version
from beffroi.plan.camera_models.rules import Act, Difference, differences
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.models import TownCameraModel
from beffroi.territory.services import put_all


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file as given: TOML, or CSV by its name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """What an import did, or would do; `version` of the library that it was compared with."""

    file: str
    found: tuple[Difference, ...]
    is_dry_run: bool
    version: int

    def count(self, act: Act) -> int:
        return sum(one.act is act for one in self.found)


def import_models(file: ModelFile, *, by: str, is_dry_run: bool = False, seen: int | None = None) -> ModelReport:
    """Reads a file of models and keeps those that differ: all of it or nothing. Models it does not name stay.

    `seen`: the version of the library it was shown against.
    Errors: FolderRefused listing each line, field and mend; Conflict when the library changed meanwhile.
    """
    brought = catalogue.read_models(file.text, file.name)
    with transaction.atomic():
        _check_seen(seen)
        found = tuple(differences(brought.values(), own_models(), catalogue.camera_models()))
        report = ModelReport(file=file.name, found=found, is_dry_run=is_dry_run, version=version())
        new = [one.model for one in found if one.act is not Act.KEEP]
        if new and not is_dry_run:
            _keep(new, file=file.name, by=by)
            detail = {act.value: report.count(act) for act in Act}
            _tell("models.imported", by=by, subject="camera-models", detail=detail)
    return report


def put_model(model: CameraModel, *, by: str, seen: int | None = None) -> None:
    """Keeps one model, typed: a new one, or in the place of the one of its id.

    Errors: Conflict when the library changed meanwhile.
    """
    with transaction.atomic():
        _check_seen(seen)
        is_new = not TownCameraModel.objects.filter(pk=model.id).exists()
        _keep([model], file="", by=by)
        _tell("model.added" if is_new else "model.changed", by=by, subject=model.id)


def remove_model(model_id: str, *, by: str) -> None:
    """Takes one of the town's models out of the library.

    Errors: NotFound; Conflict while a camera of the programme or of a scenario has it.
    """
    with transaction.atomic():
        row = TownCameraModel.objects.select_for_update().filter(pk=model_id).first()
        if row is None:
            raise NotFound(
                "The town has no such model; choose one of its own.",
                message_fr="La ville n'a pas ce modèle ; choisissez l'un des siens.",
                field="model",
            )
        used = uses().get(model_id)
        if used:
            named = ", ".join([*used.cameras, *(f"« {name} »" for name in used.scenarios)])
            raise Conflict(
                f"{row.name} is in use ({named}); give these cameras another model first, or correct this one.",
                message_fr=f"{row.name} est employé ({named}) ; donnez d'abord un autre modèle à ces caméras, ou "
                "corrigez celui-ci.",
                field="model",
            )
        row.delete()
        _tell("model.removed", by=by, subject=model_id)


def _check_seen(seen: int | None) -> None:
    if seen is not None and seen != version():
        raise Conflict(
            "The library was changed meanwhile; look at it again.",
            message_fr="Les modèles ont été modifiés entre-temps ; relisez-les.",
            field="seen_version",
        )


def _keep(models: Iterable[CameraModel], *, file: str, by: str) -> None:
    now = timezone.now()
    put_all(TownCameraModel, (TownCameraModel(**one.model_dump(), file=file[:120], by=by, at=now) for one in models))


def _tell(action: str, *, by: str, subject: str, detail: dict[str, int] | None = None) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=subject, detail=detail or {}))
