"""What bringing camera models would do to the library, model by model. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from beffroi.plan.catalogue import CameraModel

Value = str | float | int | bool | None


class Act(StrEnum):
    """What becomes of a model."""

    ADD = "add"
    REPLACE = "replace"
    """It takes the place of a generic one of the same id."""
    CHANGE = "change"
    KEEP = "keep"
    """It stands as it is already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One field that would be otherwise."""

    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One model brought; `changed`: against what stands under its id, nothing for a new one."""

    model: CameraModel
    act: Act
    changed: tuple[Changed, ...] = ()


def differences(
    brought: Iterable[CameraModel], own: Mapping[str, CameraModel], generic: Mapping[str, CameraModel]
) -> list[Difference]:
    """Each model brought against the town's own, else the generic of its id. Models not brought stay as they are."""
    return [_difference(model, own.get(model.id), generic.get(model.id)) for model in brought]


def _difference(model: CameraModel, own: CameraModel | None, generic: CameraModel | None) -> Difference:
    before = own or generic
    if before is None:
        return Difference(model=model, act=Act.ADD)
    changed = tuple(
        Changed(field=name, before=getattr(before, name), after=getattr(model, name))
        for name in CameraModel.model_fields
        if getattr(before, name) != getattr(model, name)
    )
    if own is None:
        return Difference(model=model, act=Act.REPLACE, changed=changed)
    return Difference(model=model, act=Act.CHANGE if changed else Act.KEEP, changed=changed)
