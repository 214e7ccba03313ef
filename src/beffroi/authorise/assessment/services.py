"""Writes of the impact assessment: opened, written section by section, approved, the CNIL asked and answering."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beffroi.authorise.assessment import queries, rules
from beffroi.authorise.assessment.rules import Section
from beffroi.authorise.models import Assessment, Framework
from beffroi.authorise.registers import tell
from beffroi.authorise.services import aftermath
from beffroi.core import scans
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.core.ids import new_id
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

_COPIED = ("texts", "risks", "actions")
"""What a new version begins with. Opinions are given anew."""


def open_version(*, reason: str, on: date, by: str) -> Assessment:
    """A draft, begun from the version that stands. Errors: Conflict while a draft is open."""
    if queries.draft() is not None:
        raise Conflict(
            "A version is being written already; finish it first.",
            message_fr="Une version est déjà en cours ; finissez-la d'abord.",
        )
    before = Assessment.objects.first()
    with transaction.atomic():
        row = Assessment(number=before.number + 1 if before else 1, opened_on=on, reason=reason.strip()[:300])
        for name in _COPIED if before else ():
            setattr(row, name, getattr(before, name))
        row.framework = queries.framework()
        row.save()
        row.phases.set(before.phases.all() if before else ())
        tell("assessment.opened", by=by, subject=str(row.number))
    return row


def write(row: Assessment, section: Section, fields: Mapping[str, Any], *, by: str) -> None:
    """One section. `fields` by section: `text` (and `phases`), a risk's sources to likelihoods, `actions`, or the
    opinion's `stance`, `opinion`, `on`.

    Errors: Conflict once it is approved; InvalidInput when measures make a risk worse.
    """
    _refuse_approved(row)
    with transaction.atomic():
        if section in rules.THREATS:
            _put_risk(row, rules.THREATS[section].value, fields)
        elif section is Section.ACTIONS:
            row.actions = [list(action) for action in fields["actions"]]
        elif section is Section.DPO:
            row.dpo_stance, row.dpo_opinion, row.dpo_on = fields["stance"], fields["opinion"].strip(), fields["on"]
        else:
            row.texts = row.texts | {section.value: fields["text"].strip()}
            if section is Section.CONTEXT:
                row.phases.set(fields["phases"])
        row.save()
        tell("assessment.written", by=by, subject=str(row.number), detail={"section": section.value})


def _put_risk(row: Assessment, threat: str, fields: Mapping[str, Any]) -> None:
    if rules.is_worse(queries.risk_of(fields)):
        raise InvalidInput(
            "A risk is not graver or likelier after the measures than before; mend one of the two.",
            message_fr="Un risque n'est ni plus grave ni plus vraisemblable après les mesures qu'avant ; corrigez.",
            field="severity_after",
        )
    row.risks = row.risks | {threat: dict(fields)}


def approve(row: Assessment, *, by_name: str, at: datetime, by: str) -> None:
    """The controller stands for this version: it is kept as it is, and describes the plan of now.

    Errors: Conflict when it is approved already, BarredByLaw naming the first section that is not filled.
    """
    _refuse_approved(row)
    left = rules.lacking(queries.version_of(row))
    if left:
        raise BarredByLaw(
            f"{len(left)} sections are not filled, the first: {left[0]}. Fill them, then approve.",
            message_fr=f"{len(left)} rubriques ne sont pas remplies, dont la première : {left[0]}. Remplissez-les, "
            "puis validez.",
            article=rules.ARTICLE,
        )
    on = day_of(at, town_zone())
    with transaction.atomic():
        row.approved_at, row.approved_on, row.approved_by = at, on, by_name.strip()[:160]
        row.cameras = dict(queries.plan_on(on).cameras)
        row.save()
        high = len(queries.version_of(row).high)
        tell("assessment.approved", by=by, subject=str(row.number), detail={"high": high})
        _follow()


def record_consultation(
    row: Assessment, *, asked_on: date, by: str, answered_on: date | None = None, reference: str = ""
) -> None:
    """The CNIL was asked, or answered. Source: LIL 90.

    Errors: InvalidInput for an answer before the question, or without its reference; Conflict for a draft.
    """
    if row.approved_on is None:
        raise Conflict(
            "Approve this version first; the CNIL is asked about a version approved.",
            message_fr="Validez d'abord cette version : la CNIL est saisie d'une version validée.",
        )
    if answered_on is not None and answered_on < asked_on:
        raise InvalidInput("The answer comes before the question; mend one of the days.",
                           message_fr="L'avis précède la saisine ; corrigez l'un des jours.",
                           field="answered_on")  # fmt: skip
    if (answered_on is not None) != bool(reference.strip()):
        raise InvalidInput("An answer has its day and its reference; give both or neither.",
                           message_fr="Un avis a son jour et sa référence ; donnez les deux ou aucun.",
                           field="reference")  # fmt: skip
    with transaction.atomic():
        row.cnil_asked_on, row.cnil_answered_on, row.cnil_reference = asked_on, answered_on, reference.strip()[:80]
        row.save(update_fields=["cnil_asked_on", "cnil_answered_on", "cnil_reference"])
        tell("assessment.answered" if answered_on else "assessment.asked", by=by, subject=str(row.number))
        _follow()


def join_framework(*, name: str, content: bytes, by: str) -> Framework:
    """The ministry's framework as it came, sealed; the draft refers to it from now on.

    Errors: InvalidInput for what is not a PDF of 10 MB at most.
    """
    if scans.checked_type(content) != "application/pdf":
        raise InvalidInput("The framework is a PDF file; choose it again.",
                           message_fr="La doctrine-cadre est un fichier PDF ; choisissez-le à nouveau.",
                           field="scan")  # fmt: skip
    scan = new_id()
    with transaction.atomic():
        kept = Framework.objects.create(
            scan=scan,
            name=name.strip()[:200],
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            sealed=scans.seal(content, scan=scan, key=_key()),
            by=by,
            at=timezone.now(),
        )
        Assessment.objects.filter(approved_on__isnull=True).update(framework=kept)
        tell("assessment.framework", by=by, subject=kept.sha256[:16])
    return kept


def content_of(kept: Framework) -> bytes:
    """The file itself. Errors: DataLoss."""
    return scans.unseal(bytes(kept.sealed), scan=kept.scan, key=_key())


def actions_of(lines: str) -> Sequence[Sequence[str]]:
    """`what ; who ; when`, a line each. Errors: InvalidInput naming the line."""
    found = []
    for number, line in enumerate((line for line in lines.splitlines() if line.strip()), 1):
        parts = [part.strip() for part in line.split(" ; ")]
        if len(parts) != 3 or not all(parts):
            raise InvalidInput(f"Line {number} is not “what ; who ; when”; mend it.",
                               message_fr=f"La ligne {number} n'est pas « quoi ; qui ; quand » ; corrigez-la.",
                               field="actions")  # fmt: skip
        found.append(parts)
    return found


def _follow() -> None:
    """Gates ask for the CNIL's answer."""
    aftermath.follow(Camera.objects.values_list("pk", flat=True), at=timezone.now())


def _refuse_approved(row: Assessment) -> None:
    if row.approved_on is not None:
        raise Conflict(
            f"Version {row.number} is approved and kept as it is; open a new one.",
            message_fr=f"La version {row.number} est validée et reste telle quelle ; ouvrez-en une autre.",
        )


def _key() -> bytes:
    key: bytes = settings.SITE_KEY.derived("dossier-scans")
    return key
