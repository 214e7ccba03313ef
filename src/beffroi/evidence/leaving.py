"""Whether footage may leave by the console: the pack is the way out, a file is of a requisition that may go.

Source: CSI R. 253-3, R. 253-6; CPP 60-1.
"""

from __future__ import annotations

from beffroi.core.errors import BarredByLaw
from beffroi.evidence.models import Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Result, StepKind
from beffroi.evidence.services.allowing import check_may_go
from beffroi.operate.events import Leaving


def check_may_leave(asked: Leaving) -> None:
    """Nothing, when an export for this reason skips no step of the workflow that its reference names.

    Errors: BarredByLaw with the article of what is missing.
    """
    if asked.reason == "access-request":
        raise BarredByLaw(
            "A copy for a resident leaves with every other person covered: make it on the page of the request.",
            message_fr="Une copie pour un habitant sort avec toute autre personne couverte : faites-la sur la page de "
            "la demande.",
            article="CSI R253-6",
            field="reason.code",
        )
    if asked.reason == "requisition":
        _check_requisition(asked)


def _check_requisition(asked: Leaving) -> None:
    found = Requisition.objects.filter(pk=asked.reference.strip()).first()
    if found is None:
        raise _beyond("There is no requisition of this number", "Il n'y a pas de réquisition de ce numéro")
    case = check_may_go(found)
    if case.has(StepKind.CLOSED):
        raise _beyond("This requisition is closed", "Cette réquisition est close")
    if case.result is Result.NEGATIVE:
        raise _beyond("The answer to this requisition is negative", "La réponse à cette réquisition est négative")
    within = found.from_at_us <= asked.from_at_us and asked.to_at_us <= found.to_at_us
    if not within or asked.camera not in cases.kept(found):
        raise _beyond(
            "This camera or span is not what the requisition asks for and a second person validated",
            "Cette caméra ou cette période n'est pas celle que demande la réquisition et qu'une deuxième personne a "
            "validée",
        )


def _beyond(what: str, what_fr: str) -> BarredByLaw:
    return BarredByLaw(
        f"{what}; note it on the board of requisitions first.",
        message_fr=f"{what_fr} ; notez-la d'abord au tableau des réquisitions.",
        article="CSI R253-3",
        field="reason.reference",
    )
