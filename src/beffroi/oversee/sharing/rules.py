"""On what a link that shows pictures to a service elsewhere (*déport*) stands. Pure.

Source: CSI L. 252-3: the prefect's order, or a later one, says who receives, by which means; in urgency, against
terrorism, the prefect's act alone, for a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.core.errors import BarredByLaw, InvalidInput

ARTICLE = "CSI L252-3"
URGENCY_MONTHS = 4
"""An act taken in urgency lives no longer than a temporary authorisation. Source: CSI L. 252-7; our reading."""


class Means(StrEnum):
    """How pictures travel."""

    FIBRE = "fibre"  # the town's own, from end to end
    TUNNEL = "tunnel"  # an encrypted tunnel over another network


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What an order says on a day: `until_on` is the first day on which it is no longer in force."""

    number: str
    is_in_force: bool
    until_on: date
    cameras: frozenset[str]
    recipients: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a link is to be. Either `order` with its `article`, or an `urgency_act` signed on a day, with its end."""

    service: str
    cameras: frozenset[str]
    order: Ordered | None = None
    article: str = ""
    urgency_act: str = ""
    urgency_on: date | None = None
    until_on: date | None = None
    """First day without it; None: as long as the order."""


def until_on(terms: Terms) -> date:
    """The first day on which a link no longer stands.

    Errors: BarredByLaw without an order or an act of urgency, with an order that does not say so; InvalidInput naming
    the field that is missing.
    """
    if not terms.cameras:
        raise InvalidInput("Name the cameras.", message_fr="Nommez les caméras.", field="cameras")
    if terms.order is not None:
        return _by_order(terms, terms.order)
    if terms.urgency_act.strip():
        return _by_urgency(terms)
    raise BarredByLaw(
        "Pictures go to a service elsewhere only if the prefect's order says so: name the order and its article.",
        message_fr="Des images ne vont vers un service extérieur que si l'arrêté du préfet le dit : nommez l'arrêté et "
        "son article.",
        article=ARTICLE,
        field="order",
    )


def _by_order(terms: Terms, order: Ordered) -> date:
    if not order.is_in_force:
        raise _barred(
            f"Order {order.number} is not in force.", f"L'arrêté {order.number} n'est pas en vigueur.", "order"
        )
    if not terms.article.strip():
        raise _barred(
            "Name the article of the order that says so.", "Nommez l'article de l'arrêté qui le dit.", "article"
        )
    if terms.service not in order.recipients:
        raise _barred(
            f"Order {order.number} does not name this service among its recipients.",
            f"L'arrêté {order.number} ne nomme pas ce service parmi ses destinataires.",
            "service",
        )
    if not terms.cameras <= order.cameras:
        raise _barred(
            f"Order {order.number} does not cover all of these cameras.",
            f"L'arrêté {order.number} ne couvre pas toutes ces caméras.",
            "cameras",
        )
    return min(terms.until_on or order.until_on, order.until_on)


def _by_urgency(terms: Terms) -> date:
    if terms.urgency_on is None or terms.until_on is None:
        raise InvalidInput(
            "An act of urgency has its day and its end.",
            message_fr="Un acte d'urgence a sa date et sa fin.",
            field="urgency_on" if terms.urgency_on is None else "until_on",
        )
    if not terms.urgency_on < terms.until_on <= add_months(terms.urgency_on, URGENCY_MONTHS):
        raise _barred(
            f"An act of urgency ends within {URGENCY_MONTHS} months; afterwards the order says it.",
            f"Un acte d'urgence finit dans les {URGENCY_MONTHS} mois ; ensuite, l'arrêté le dit.",
            "until_on",
        )
    return terms.until_on


def _barred(message: str, message_fr: str, field: str) -> BarredByLaw:
    return BarredByLaw(message, message_fr=message_fr, article=ARTICLE, field=field)
