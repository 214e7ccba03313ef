"""Whether an answer may leave the town; what it lacks is said with its article, and the lock stays."""

from __future__ import annotations

from beffroi.core.errors import BarredByLaw, Conflict, NotPermitted
from beffroi.evidence import hold_rules, rules
from beffroi.evidence.models import Recipient, Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import PieceKind
from beffroi.people.models import Agent
from beffroi.people.rules import Right


def check_within(requisition: Requisition, right: Right, by: Agent) -> None:
    if not all(by.permit.over(right, camera) for camera in cases.kept(requisition)):
        raise NotPermitted(
            "Some of these cameras are beyond your right; ask a colleague whose right covers them all.",
            message_fr="Certaines de ces caméras dépassent votre droit ; demandez à un collègue dont le droit les "
            "couvre toutes.",
            field="cameras",
        )


def check_has_result(case: rules.CaseFacts) -> None:
    if case.result is None:
        raise Conflict(
            "There is no result yet: say first what the replay gave.",
            message_fr="Il n'y a pas encore de résultat : dites d'abord ce qu'a donné la relecture.",
            field="result",
        )


def check_may_go(requisition: Requisition) -> rules.CaseFacts:
    """Nothing is missing for pictures or an answer to leave the town.

    Errors: BarredByLaw with the article of what is missing; the lock stays.
    """
    if cases.missing_fields(requisition):
        raise lacks_fields(requisition)
    case = cases.facts_of(requisition)
    check_has_result(case)
    if not case.may_export:
        raise _lacks_piece(requisition)
    if not (case.is_validated or case.is_alone):
        raise BarredByLaw(
            "A second person has not validated yet. The export waits; the lock stays.",
            message_fr="Une deuxième personne n'a pas encore validé. L'export attend ; le verrou reste.",
            article="CSI R253-3",
            field="validator",
        )
    return case


def lacks_fields(requisition: Requisition) -> BarredByLaw:
    lacks = cases.missing_fields(requisition)
    frame = cases.frame_on(requisition)
    return BarredByLaw(
        f"The requisition lacks: {', '.join(lacks)}. Complete it; the lock stays.",
        message_fr=f"Il manque à la réquisition : {', '.join(hold_rules.FIELDS_FR[name] for name in lacks)}. "
        "Complétez-la ; le verrou reste.",
        article=frame.article if frame else "CPP 60-1",
        field=lacks[0],
    )


def _lacks_piece(requisition: Requisition) -> BarredByLaw:
    frame = cases.frame_on(requisition)
    lacks = cases.missing(requisition)
    names_fr = " ; ".join(" ou ".join(PIECES_FR[kind] for kind in one.any_of) for one in lacks)
    names = "; ".join(" or ".join(PIECES_EN[kind] for kind in one.any_of) for one in lacks)
    return BarredByLaw(
        f"Missing: {names}. The export waits for it, or for a second person's decision. The lock stays.",
        message_fr=f"Il manque : {names_fr}. L'export attend cette pièce, ou la décision d'une deuxième personne. "
        "Le verrou reste.",
        article=frame.article if frame else "CPP 60-1",
        field="pieces",
    )


PIECES_FR = {
    PieceKind.REQUISITION: "la réquisition signée",
    PieceKind.AUTHORISATION: "l'autorisation du procureur",
    PieceKind.INSTRUCTIONS: "ses instructions générales, de six mois au plus",
    PieceKind.COMMISSION: "la commission rogatoire",
    PieceKind.RECEIPT: "le récépissé signé",
    PieceKind.ORIGINAL: "l'original papier",
    PieceKind.OTHER: "la pièce qui dit le texte",
}
PIECES_EN = {
    PieceKind.REQUISITION: "the signed requisition",
    PieceKind.AUTHORISATION: "the prosecutor's authorisation",
    PieceKind.INSTRUCTIONS: "general instructions, of six months at most",
    PieceKind.COMMISSION: "the judicial commission",
    PieceKind.RECEIPT: "the signed receipt",
    PieceKind.ORIGINAL: "the paper original",
    PieceKind.OTHER: "the piece that states its text",
}


def check_registered(recipient: Recipient) -> None:
    if recipient.ended_at_us is not None:
        raise BarredByLaw(
            "This recipient is not registered any more; register them again, or choose another.",
            message_fr="Ce destinataire n'est plus inscrit ; inscrivez-le à nouveau, ou choisissez-en un autre.",
            article="CSI R253-3",
            field="recipient",
        )
