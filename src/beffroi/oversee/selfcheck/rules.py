"""The eight checks, as facts and verdicts. Pure. Source: CNIL, formal notice of 23 December 2021 (legal, DPD-8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months

ASSESSMENT_MONTHS = 36
"""An impact assessment is looked at again every three years at least. Source: CNIL, guide on impact assessments."""
CLOCK_MS = 1000
"""A camera's clock is at most this far off. Source: our reading of arrêté of 3 August 2007, annex 1 §3."""
PASSWORD_LEAST = 12
HEAD_LATE_US = 600_000_000
"""A head is signed each minute; ten without one is an alarm."""


class CheckCode(StrEnum):
    """What the CNIL found elsewhere."""

    DWELLINGS = "dwellings"
    RETENTION = "retention"
    SIGNS = "signs"
    ASSESSMENT = "assessment"
    CLOCKS = "clocks"
    PASSWORDS = "passwords"
    TRACES = "traces"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What the checks are made of. Lists hold ids or names of what does not fit.

    Attributes:
        unmasked: cameras in service with a dwelling in view that nobody masked, or whose masks are not proved.
        overkept: cameras of which a picture was destroyed, or lies, beyond the order's days.
        unsigned_sites: sites in service without a notice in place.
        late_signs: notices whose check is overdue.
        lacking_contacts: roles that a notice has to name and nobody holds.
        assessed_on: of the newest impact assessment.
        wrong_clocks: cameras or nodes more than a second off.
        unmeasured_clocks: cameras in service whose clock was never measured.
        password_least: characters that a password has at least.
        lost_looks: rights to see of the last month without their line in the journal.
        head_age_us: age of the newest head; None without one.
        recorded_on: of the newest sheet of the record of processing.
    """

    unmasked: Sequence[str] = ()
    overkept: Sequence[str] = ()
    unsigned_sites: Sequence[str] = ()
    late_signs: Sequence[str] = ()
    lacking_contacts: Sequence[str] = ()
    assessed_on: date | None = None
    wrong_clocks: Sequence[str] = ()
    unmeasured_clocks: Sequence[str] = ()
    password_least: int = 0
    has_second_factor: bool = False
    lost_looks: int = 0
    head_age_us: int | None = None
    recorded_on: date | None = None


def verdicts(town: Town, today: date) -> dict[CheckCode, bool]:
    """Each check, True when nothing of what the CNIL found is found here."""
    assessed = town.assessed_on
    return {
        CheckCode.DWELLINGS: not town.unmasked,
        CheckCode.RETENTION: not town.overkept,
        CheckCode.SIGNS: not (town.unsigned_sites or town.late_signs or town.lacking_contacts),
        CheckCode.ASSESSMENT: assessed is not None and today < add_months(assessed, ASSESSMENT_MONTHS),
        CheckCode.CLOCKS: not (town.wrong_clocks or town.unmeasured_clocks),
        CheckCode.PASSWORDS: town.password_least >= PASSWORD_LEAST and town.has_second_factor,
        CheckCode.TRACES: not town.lost_looks and town.head_age_us is not None and town.head_age_us <= HEAD_LATE_US,
        CheckCode.RECORD: town.recorded_on is not None,
    }
