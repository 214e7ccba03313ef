"""When a breach is notified to the CNIL, what the notice lacks, when people are told. Pure.

Source: GDPR 33 (72 hours, what the notice says, reasons of a delay), 34 (people, when the risk is high); LIL 102.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beffroi.core.errors import Conflict, InvalidInput

HOUR_US = 3_600_000_000
NOTIFIED_WITHIN_US = 72 * HOUR_US
"""From when the town became aware. Source: GDPR 33 §1."""


class Nature(StrEnum):
    """What was broken."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"


class Risk(StrEnum):
    """For the rights of people."""

    NONE = "none"  # unlikely: recorded, not notified
    RISK = "risk"  # notified to the CNIL
    HIGH = "high"  # and people are told


class PeopleTold(StrEnum):
    """What became of telling people. Source: GDPR 34 §1 and §3; LIL 102 (delay for inquiries)."""

    TOLD = "told"
    PUBLIC = "public"  # a public communication: to tell each would be out of proportion
    PROTECTED = "protected"  # unreadable for whoever took it
    REMEDIED = "remedied"  # the high risk is no longer likely
    DELAYED = "delayed"  # an inquiry asks to wait, until a day


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFacts:
    """A breach as the rules see it. Instants in microseconds, 0 of what did not happen."""

    found_at_us: int
    risk: Risk | None = None
    notified_at_us: int = 0
    people: PeopleTold | None = None
    is_people_delay_over: bool = False
    lacks: tuple[str, ...] = ()

    @property
    def is_to_notify(self) -> bool:
        """The CNIL is told, unless a risk is unlikely. Until somebody weighed it, it is to be told."""
        return self.risk is not Risk.NONE

    @property
    def notify_by_us(self) -> int:
        """The end of the 72 hours."""
        return self.found_at_us + NOTIFIED_WITHIN_US

    def is_late(self, now_us: int) -> bool:
        """Not notified, or notified too late."""
        return self.is_to_notify and (self.notified_at_us or now_us) > self.notify_by_us

    @property
    def waits_for_people(self) -> bool:
        """People are to be told: the risk is high and nothing says why not, or the delay is over."""
        if self.risk is not Risk.HIGH:
            return False
        return self.people is None or (self.people is PeopleTold.DELAYED and self.is_people_delay_over)

    @property
    def is_open(self) -> bool:
        """Something is still to be done."""
        return self.risk is None or (self.is_to_notify and not self.notified_at_us) or self.waits_for_people


FIELDS = ("natures", "happened", "people_kinds", "records", "consequences", "measures", "risk")
"""What a notice says. Source: GDPR 33 §3 a to d."""


def check_notice(facts: BreachFacts, at_us: int, delay_reason: str) -> None:
    """Nothing, when this breach may be noted as notified at that instant.

    Errors: Conflict when it was, or need not be; InvalidInput when a field of the notice is missing, when it would be
    before the breach was found, or late without its reasons.
    """
    if facts.notified_at_us:
        raise Conflict("It is notified already.", message_fr="Elle est déjà notifiée.")
    if not facts.is_to_notify:
        raise Conflict(
            "Without a risk for people it is recorded, not notified; change the risk first.",
            message_fr="Sans risque pour les personnes, elle s'inscrit et ne se notifie pas ; changez d'abord le "
            "risque.",
        )
    if facts.lacks:
        raise InvalidInput(
            f"The notice lacks: {', '.join(facts.lacks)} (GDPR 33 §3).",
            message_fr=f"Il manque à la notification : {', '.join(FIELDS_FR[name] for name in facts.lacks)} "
            "(RGPD 33 §3).",
            field=facts.lacks[0],
        )
    if at_us < facts.found_at_us:
        raise InvalidInput(
            "A notice comes after the breach was found.",
            message_fr="Une notification suit la découverte de la violation.",
            field="notified_at",
        )
    if at_us > facts.notify_by_us and not delay_reason.strip():
        raise InvalidInput(
            "Later than 72 hours, a notice gives the reasons of the delay (GDPR 33 §1).",
            message_fr="Au-delà de 72 heures, la notification donne les motifs du retard (RGPD 33 §1).",
            field="delay_reason",
        )


FIELDS_FR = {
    "natures": "la nature",
    "happened": "ce qui s'est passé",
    "people_kinds": "les personnes touchées",
    "records": "les données touchées",
    "consequences": "les conséquences probables",
    "measures": "les mesures prises",
    "risk": "le risque",
}


def check_people(facts: BreachFacts, how: PeopleTold, *, reason: str, has_day: bool) -> None:
    """Nothing, when this may be noted of telling people.

    Errors: Conflict when the risk is not high; InvalidInput without a reason, or a delay without its day.
    """
    if facts.risk is not Risk.HIGH:
        raise Conflict(
            "People are told when the risk is high; this one is not weighed so.",
            message_fr="Les personnes sont informées quand le risque est élevé ; celui-ci ne l'est pas.",
        )
    if how is not PeopleTold.TOLD and not reason.strip():
        raise InvalidInput(
            "Say why people are not told one by one (GDPR 34 §3, LIL 102).",
            message_fr="Dites pourquoi les personnes ne sont pas informées une à une (RGPD 34 §3, LIL 102).",
            field="reason",
        )
    if how is PeopleTold.DELAYED and not has_day:
        raise InvalidInput(
            "A delay for an inquiry has its end.",
            message_fr="Un report pour une enquête a sa fin.",
            field="until_on",
        )
