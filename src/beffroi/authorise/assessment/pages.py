"""What pages show of the impact assessment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise

from beffroi.authorise.assessment import queries, rules, words
from beffroi.authorise.assessment.rules import Section
from beffroi.authorise.models import Assessment, Framework
from beffroi.authorise.models.assessments import LevelChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingWords:
    """A rating as people read it."""

    severity: str | Promise
    likelihood: str | Promise
    is_high: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionLine:
    """One section of a version."""

    section: Section
    label: str | Promise
    url: str
    is_filled: bool
    text: str
    before: RatingWords | None = None
    after: RatingWords | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """One version, section by section."""

    row: Assessment
    lines: Sequence[SectionLine]
    left: int
    must_consult: bool
    has_high: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Every version, and why the one that stands must be opened again."""

    versions: Sequence[Assessment]
    draft: Assessment | None
    due: Sequence[str]
    must_consult: bool
    framework: Framework | None


def list_page(on: date) -> ListPage:
    """As of a day."""
    return ListPage(
        versions=list(Assessment.objects.all()),
        draft=queries.draft(),
        due=[words.sentence(one) for one in queries.due(on)],
        must_consult=queries.must_consult(),
        framework=queries.framework(),
    )


def version_page(row: Assessment) -> VersionPage:
    """One version."""
    version = queries.version_of(row)
    left = rules.lacking(version)
    return VersionPage(
        row=row,
        lines=[_line(section, row, is_filled=section not in left) for section in Section],
        left=len(left),
        must_consult=version.must_consult,
        has_high=bool(version.high),
    )


def _line(section: Section, row: Assessment, *, is_filled: bool) -> SectionLine:
    before, after = _ratings(section, row)
    url = (
        reverse("assessment-opinion", args=[row.number])
        if section is Section.DPO
        else reverse("assessment-section", args=[row.number, section.value])
    )
    return SectionLine(
        section=section,
        label=words.SECTIONS[section],
        url=url,
        is_filled=is_filled,
        text=_text(section, row),
        before=before,
        after=after,
    )


def _text(section: Section, row: Assessment) -> str:
    if section in rules.THREATS:
        return str(row.risks.get(rules.THREATS[section].value, {}).get("measures", ""))
    if section is Section.ACTIONS:
        return "\n".join(f"{what} : {who}, {when}" for what, who, when in row.actions)
    if section is Section.DPO:
        return f"{row.get_dpo_stance_display()}. {row.dpo_opinion}" if row.dpo_stance else ""
    return row.texts.get(section.value, "")


def _ratings(section: Section, row: Assessment) -> tuple[RatingWords | None, RatingWords | None]:
    rated = row.risks.get(rules.THREATS[section].value) if section in rules.THREATS else None
    if rated is None:
        return None, None
    risk = queries.risk_of(rated)
    return _rating(risk.before), _rating(risk.after)


def _rating(rating: rules.Rating) -> RatingWords:
    return RatingWords(
        severity=LevelChoice(rating.severity).label,
        likelihood=LevelChoice(rating.likelihood).label,
        is_high=rating.is_high,
    )
