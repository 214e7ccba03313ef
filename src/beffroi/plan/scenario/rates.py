"""The rate of each camera of a scenario: measured, else given, else typical; for `plan network` and `plan size`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import bandwidth
from beffroi.plan.calc.ranges import Range
from beffroi.plan.scenario import document
from beffroi.plan.scenario.network import SizingSection
from beffroi.plan.scenario.problems import Problem, ScenarioRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRate:
    """A camera's rate and where it comes from."""

    camera: str
    bit_s: Range
    source: str


def camera_rates(read: document.Read, scenario: Path) -> list[CameraRate]:
    """In the scenario's order. `scenario`: its file, beside which a table of its own may lie.

    Errors: ScenarioRefused listing cameras without a rate and rates without a camera.
    """
    section = read.scenario.sizing or SizingSection()
    own = scenario.parent / Path(section.rates_file).name if section.rates_file else None
    table = tables.rates(own) if own else tables.rates()
    found, problems = [], _strangers(read, section)
    for number, (row, camera) in enumerate(zip(read.scenario.cameras, read.cameras, strict=True)):
        try:
            megapixels = camera.lens.width_px * camera.lens.height_px / 1e6
            found.append(_rate(row.id, section, (table, megapixels)))
        except InvalidInput as error:
            field = f"cameras[{number}].{error.field} ({row.id})"
            problems.append(Problem(field=field, message=error.message, message_fr=error.message_fr))
    if problems:
        raise ScenarioRefused(problems)
    return found


def _rate(camera: str, section: SizingSection, typical: tuple[tuple[bandwidth.TypicalRate, ...], float]) -> CameraRate:
    if (samples := section.measured_mbit_s.get(camera)) is not None:
        week = bandwidth.measured([sample * 1e6 for sample in samples])
        return CameraRate(camera=camera, bit_s=week.bit_s, source=f"measured, {week.samples} samples")
    if (given := section.rates_mbit_s.get(camera)) is not None:
        low, likely, high = (value * 1e6 for value in given)
        return CameraRate(camera=camera, bit_s=Range(low=low, likely=likely, high=high), source="given")
    row = bandwidth.typical_rate(typical[0], section.codec, typical[1])
    return CameraRate(camera=camera, bit_s=row.bit_s, source=row.source)


def _strangers(read: document.Read, section: SizingSection) -> list[Problem]:
    known = {row.id for row in read.scenario.cameras}
    named = (("measured_mbit_s", section.measured_mbit_s), ("rates_mbit_s", section.rates_mbit_s),
             ("powers_w", section.powers_w))  # fmt: skip
    return [
        Problem(
            field=f"sizing.{name}.{camera}",
            message="names a camera that the scenario does not have; mend the id",
            message_fr="nomme une caméra que le scénario n'a pas ; corrigez l'identifiant",
        )
        for name, values in named
        for camera in values
        if camera not in known
    ]
