"""What an impact assessment holds, when a risk is high, what opens it again. Pure.

Source: RGPD 35 (content, 7°; review, 11°), LIL 90 (the CNIL first when the residual risk is high); the three feared
events and the scale of four levels are those of the CNIL's method.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

ARTICLE = "RGPD 35"
CONSULTATION = "LIL 90"


class Level(IntEnum):
    """Severity or likelihood."""

    NEGLIGIBLE = 1
    LIMITED = 2
    IMPORTANT = 3
    MAXIMAL = 4


class Threat(StrEnum):
    """The three feared events."""

    ACCESS = "access"
    CHANGE = "change"
    LOSS = "loss"


class Section(StrEnum):
    """What people fill, in the order of the paper; the paper's other tables are drawn from the town's data."""

    CONTEXT = "context"
    NECESSITY = "necessity"
    RIGHTS = "rights"
    ACCESS = "risk-access"
    CHANGE = "risk-change"
    LOSS = "risk-loss"
    MEASURES = "measures"
    ACTIONS = "actions"
    PEOPLE = "people"
    DPO = "dpo"


TEXTS = (Section.CONTEXT, Section.NECESSITY, Section.RIGHTS, Section.MEASURES, Section.PEOPLE)
THREATS: Mapping[Section, Threat] = {
    Section.ACCESS: Threat.ACCESS,
    Section.CHANGE: Threat.CHANGE,
    Section.LOSS: Threat.LOSS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """How grave, how likely."""

    severity: Level
    likelihood: Level

    @property
    def is_high(self) -> bool:
        """Important or maximal on both scales. Source: the CNIL's map of risks."""
        return self.severity >= Level.IMPORTANT and self.likelihood >= Level.IMPORTANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A feared event before and after the measures against it."""

    before: Rating
    after: Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a version says, as far as a decision looks at it. `cameras`: phase by camera when it was approved."""

    texts: frozenset[str] = frozenset()
    risks: Mapping[Threat, Risk] = field(default_factory=dict)
    actions: int = 0
    has_dpo_opinion: bool = False
    phases: frozenset[str] = frozenset()
    cameras: Mapping[str, str] = field(default_factory=dict)
    is_consulted: bool = False
    """The CNIL answered."""

    @property
    def high(self) -> tuple[Threat, ...]:
        """Events whose residual risk is high."""
        return tuple(threat for threat, risk in self.risks.items() if risk.after.is_high)

    @property
    def must_consult(self) -> bool:
        """A residual risk is high and the CNIL has not answered."""
        return bool(self.high) and not self.is_consulted


def lacking(version: Version) -> tuple[Section, ...]:
    """Sections that are not filled: it is approved when there is none."""
    return tuple(section for section in Section if not _is_filled(section, version))


def _is_filled(section: Section, version: Version) -> bool:
    if section in THREATS:
        return THREATS[section] in version.risks
    if section is Section.ACTIONS:
        return version.actions > 0
    if section is Section.DPO:
        return version.has_dpo_opinion
    return section in version.texts and (section is not Section.CONTEXT or bool(version.phases))


def is_worse(risk: Risk) -> bool:
    """Measures cannot make a risk graver or likelier than it was."""
    return risk.after.severity > risk.before.severity or risk.after.likelihood > risk.before.likelihood


class Due(StrEnum):
    """Why an assessment must be made or opened again."""

    NONE_APPROVED = "none-approved"
    PHASE = "phase"
    CAMERAS = "cameras"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """One reason; `subject`: the phase, or the camera that differs from its order."""

    due: Due
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of today. `cameras`: phase by camera; `begun`: phases with a camera filed or further.

    `drifting`: cameras that differ from their order since the approval.
    """

    cameras: Mapping[str, str]
    begun: frozenset[str]
    drifting: frozenset[str] = frozenset()


def reopenings(approved: Version | None, plan: Plan) -> Iterator[Reopening]:
    """Why the assessment must be opened again today; nothing while it still describes the system."""
    if approved is None:
        if plan.begun:
            yield Reopening(due=Due.NONE_APPROVED)
        return
    yield from _of_phases(approved, plan, plan.begun)
    for camera in sorted(plan.drifting):
        yield Reopening(due=Due.DRIFT, subject=camera)


def barring(approved: Version | None, plan: Plan, *, phases: Iterable[str]) -> Iterator[Reopening]:
    """Why cameras of these phases cannot be asked for or commissioned on this assessment."""
    if approved is None:
        yield Reopening(due=Due.NONE_APPROVED)
        return
    yield from _of_phases(approved, plan, frozenset(phases))


def _of_phases(approved: Version, plan: Plan, phases: frozenset[str]) -> Iterator[Reopening]:
    for phase in sorted(phases):
        if phase not in approved.phases:
            yield Reopening(due=Due.PHASE, subject=phase)
        elif _of(approved.cameras, phase) != _of(plan.cameras, phase):
            yield Reopening(due=Due.CAMERAS, subject=phase)


def _of(cameras: Mapping[str, str], phase: str) -> frozenset[str]:
    return frozenset(camera for camera, of_phase in cameras.items() if of_phase == phase)
