"""A camera's measured week, written down: one, or many of a file."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from django.db import transaction
from django.utils import timezone
from pydantic import BeforeValidator, Field

from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput, NotFound
from beffroi.core.reading import FolderReader, TextRow, TownDate
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.models import Camera, MeasuredWeek
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName
from beffroi.territory.queries import town_zone

WEEK_DAYS = 7
MOST_MBIT_S = 100.0
"""The port of a camera; a figure above is in kbit/s, or of several cameras."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWeek:
    """Seven days of a main stream up to and with `to_on`, and where the figures were read."""

    to_on: date
    mean_mbit_s: float
    p95_mbit_s: float
    source: str


def record_week(camera_id: str, week: NewWeek, *, by: str) -> None:
    """The camera is sized on this week from now on, if none is later; the same last day again mends it.

    Errors: NotFound; InvalidInput for a rate no camera has, a day to come, a week begun before the camera was put up.
    """
    with transaction.atomic():
        if not Camera.objects.select_for_update().filter(pk=camera_id).exists():
            raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
        check_week(camera_id, week)
        figures = {"mean_mbit_s": week.mean_mbit_s, "p95_mbit_s": week.p95_mbit_s, "source": week.source}
        MeasuredWeek.objects.update_or_create(camera_id=camera_id, to_on=week.to_on, defaults=figures)
        append(Entry(register=Register.CONFIGURATION, action="camera.measured", author=by, camera=camera_id,
                     detail={"to_on": week.to_on.isoformat(), "mean_kbit_s": round(1000 * week.mean_mbit_s),
                             "p95_kbit_s": round(1000 * week.p95_mbit_s)}))  # fmt: skip


def record_weeks(weeks: Mapping[str, NewWeek], *, by: str) -> None:
    """All of them, by camera, or none.

    Errors: as `record_week`.
    """
    with transaction.atomic():
        for camera_id, week in weeks.items():
            record_week(camera_id, week, by=by)


def _decimal(written: object) -> object:
    """« 4,1 » as a spreadsheet in French writes it."""
    return written.replace(",", ".") if isinstance(written, str) else written


Mbit = Annotated[float, BeforeValidator(_decimal)]


class WeekLine(TextRow):
    """A line of the file. `camera`: its number or its id."""

    camera: Annotated[str, Field(min_length=1, max_length=63)]
    to_on: TownDate
    mean_mbit_s: Mbit
    p95_mbit_s: Mbit
    source: Annotated[str, Field(min_length=1, max_length=120)]


def read_weeks(text: str, name: str, *, cameras: Container[str]) -> dict[str, NewWeek]:
    """Weeks by camera from CSV that `name` names; `cameras`: ids of those that may be written.

    Errors: FolderRefused naming each line, field and mend.
    """
    reader = FolderReader(Path(), date.min)
    ids = {key: pk for pk, number in Camera.objects.values_list("pk", "number") if pk in cameras
           for key in (pk, number)}  # fmt: skip
    found: dict[str, NewWeek] = {}
    for read in reader.csv_text(name, text, WeekLine):
        row, pk = read.row, ids.get(read.row.camera)
        week = NewWeek(to_on=row.to_on, mean_mbit_s=row.mean_mbit_s, p95_mbit_s=row.p95_mbit_s, source=row.source)
        if pk is None:
            messages = "is no camera that you may write; give its number", "n'est pas une caméra que vous pouvez " \
                "écrire ; donnez son numéro"  # fmt: skip
            reader.refuse_row(read, messages, field="camera")
        elif pk in found:
            messages = "stands twice; keep one week a camera", "y est deux fois ; gardez une semaine par caméra"
            reader.refuse_row(read, messages, field="camera")
        else:
            try:
                check_week(pk, week)
            except InvalidInput as error:
                reader.refuse_row(read, (error.message, error.message_fr), field=error.field)
            found[pk] = week
    if not found and not reader.problems:
        reader.refuse(name, ("holds no week; give one a line under the header", "ne contient aucune semaine ; "
                             "donnez-en une par ligne sous l'en-tête"))  # fmt: skip
    reader.raise_if_any()
    return found


def check_week(camera_id: str, week: NewWeek) -> None:
    """Nothing, when it may be written.

    Errors: InvalidInput as `record_week`.
    """
    _check_rates(week)
    _check_days(camera_id, week.to_on)


def _check_rates(week: NewWeek) -> None:
    if not 0 < week.mean_mbit_s <= MOST_MBIT_S:
        raise InvalidInput(
            f"A camera's mean is above 0 and at most {MOST_MBIT_S:g} Mbit/s; give it in Mbit/s, of this camera alone.",
            message_fr=f"La moyenne d'une caméra est au-dessus de 0 et d'au plus {MOST_MBIT_S:g} Mbit/s ; donnez-la en "
            "Mbit/s, pour cette caméra seule.",
            field="mean_mbit_s",
        )
    if not week.mean_mbit_s <= week.p95_mbit_s <= MOST_MBIT_S:
        raise InvalidInput(
            f"The 95th percentile is between the mean and {MOST_MBIT_S:g} Mbit/s; check that the two are not swapped.",
            message_fr=f"Le 95e centile est entre la moyenne et {MOST_MBIT_S:g} Mbit/s ; vérifiez qu'ils ne sont pas "
            "intervertis.",
            field="p95_mbit_s",
        )


def _check_days(camera_id: str, to_on: date) -> None:
    if to_on > day_of(timezone.now(), town_zone()):
        raise InvalidInput("A week is written once it is over; give today or before.",
                           message_fr="Une semaine s'écrit une fois finie ; donnez aujourd'hui ou avant.",
                           field="to_on")  # fmt: skip
    put_up = [step.on for step in histories([camera_id])[camera_id] if step.state is StateName.INSTALLED]
    if not put_up or to_on - timedelta(days=WEEK_DAYS - 1) < min(put_up):
        raise InvalidInput(
            "The camera was not up for the seven days before; give the last day of a whole week after it was put up.",
            message_fr="La caméra n'était pas posée pendant ces sept jours ; donnez le dernier jour d'une semaine "
            "entière après sa pose.",
            field="to_on",
        )
