"""The edge: the versions of the impact assessment as a town writes them in `assessment.toml`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.authorise.assessment import rules
from beffroi.authorise.assessment.rules import Level, Rating, Risk, Section, Threat
from beffroi.authorise.models.assessments import Stance
from beffroi.core.reading import FolderReader, Slug, TextRow, TownDate, refusal, unique

FILE = "assessment.toml"
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]
_Short = Annotated[str, Field(min_length=1, max_length=2000)]
_Level = Annotated[int, Field(ge=Level.NEGLIGIBLE, le=Level.MAXIMAL)]


class RiskRow(TextRow):
    sources: _Short
    impacts: _Short
    measures: _Short
    severity_before: _Level
    likelihood_before: _Level
    severity_after: _Level
    likelihood_after: _Level

    @property
    def risk(self) -> Risk:
        """As decisions look at it."""
        return Risk(
            before=Rating(severity=Level(self.severity_before), likelihood=Level(self.likelihood_before)),
            after=Rating(severity=Level(self.severity_after), likelihood=Level(self.likelihood_after)),
        )


class VersionRow(TextRow):
    number: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(max_length=300)] = ""
    opened_on: TownDate
    phases: Annotated[list[Slug], Field(min_length=1)]
    texts: dict[Section, _Text]
    risks: dict[Threat, RiskRow]
    actions: list[tuple[str, str, str]]
    dpo_stance: Stance
    dpo_opinion: _Text
    dpo_on: TownDate
    approved_on: TownDate
    approved_by: Annotated[str, Field(min_length=1, max_length=160)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        version = rules.Version(
            texts=frozenset(self.texts),
            risks={threat: row.risk for threat, row in self.risks.items()},
            actions=len(self.actions),
            has_dpo_opinion=True,
            phases=frozenset(self.phases),
        )
        left = [*rules.lacking(version), *(threat for threat, risk in version.risks.items() if rules.is_worse(risk))]
        if left:
            raise refusal(f"{left[0]} is not filled or grows worse by its measures",
                          f"{left[0]} n'est pas rempli, ou s'aggrave par ses mesures")  # fmt: skip
        return self


def read(reader: FolderReader, *, phases: Container[str]) -> Mapping[int, VersionRow]:
    """Versions approved, by number; problems are noted in `reader`. A folder without the file has none."""
    if not (reader.folder / FILE).exists():
        return {}
    found = reader.toml(FILE, "version", VersionRow)
    for one in found:
        unknown = [phase for phase in one.row.phases if phase not in phases]
        if unknown:
            names = ", ".join(unknown)
            messages = (f"{names} not in programme.toml; mend the ids",
                        f"{names} hors de programme.toml ; corrigez les identifiants")  # fmt: skip
            reader.refuse_row(one, messages, field="phases")
    return unique(reader, found, "number")
