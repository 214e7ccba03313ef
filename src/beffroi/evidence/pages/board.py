"""The board: five lanes, what each card says, and the sentence that comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from beffroi.core.instants import US_PER_S
from beffroi.evidence import words
from beffroi.evidence.hold_rules import HoldKind, ends_soon
from beffroi.evidence.models import Requisition, Step
from beffroi.evidence.queries import after, cases
from beffroi.evidence.rules import Act, CaseFacts, Lane, Result, StepKind, lane, next_act
from beffroi.people.models import Agent

BAR = 216.0
SOON_DAYS = 3
_DAY_US = 86_400 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Days before overwriting, on the order's retention. `length` of `BAR`; `tone`: held, bad, or plain."""

    length: float
    tone: str
    total_days: int
    thirds: tuple[float, float] = (BAR / 3, 2 * BAR / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One requisition on the board."""

    number: str
    title: str
    said: str
    alert: str
    tone: str
    shape: str
    status: str
    bar: Bar | None
    is_urgent: bool
    lane: Lane
    act: Act | None
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """A lane, its cards, or what it says of none."""

    code: str
    name: str
    empty: str
    count: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The whole page but the open case."""

    today: str
    lead: str
    lanes: tuple[LaneView, ...]
    kept_days: int
    first: str


def board(agent: Agent, open_number: str = "") -> Board:
    """The lanes of what this agent may read; `first`: the number to open when none is asked for."""
    now_us = cases.clock.now_us()
    gone = _closed_before(words.local(now_us).strftime("%Y-%m")) - {open_number}
    rows = [row for row in cases.requisitions_for(agent) if row.pk not in gone]
    shown = [_card(row, now_us, is_open=row.pk == open_number) for row in rows]
    order = list(Lane)
    first = min(shown, key=lambda card: order.index(card.lane), default=None)
    if first is not None and not open_number:
        shown = [replace(card, is_open=card is first) for card in shown]
    return Board(
        today=words.when(now_us),
        lead=_lead(shown),
        lanes=tuple(_lane(one, [card for card in shown if card.lane is one]) for one in Lane),
        kept_days=max((card.bar.total_days for card in shown if card.bar), default=0),
        first=first.number if first else "",
    )


def _closed_before(month: str) -> set[str]:
    """Numbers closed in another month than this one."""
    closed = Step.objects.filter(kind=StepKind.CLOSED.value).values_list("requisition_id", "at_us")
    return {number for number, at_us in closed if words.local(at_us).strftime("%Y-%m") != month}


def _lane(code: Lane, cards: list[Card]) -> LaneView:
    name, empty = words.LANES[code]
    count = _("%(count)s ce mois") % {"count": len(cards)} if code is Lane.CLOSED else str(len(cards))
    return LaneView(code=code.value, name=str(name), empty=str(empty), count=count, cards=tuple(cards))


def _lead(cards: list[Card]) -> str:
    at_risk = [card for card in cards if card.is_urgent]
    if len(at_risk) == 1:
        return _("Une demande n'est pas encore verrouillée : %(status)s.") % {"status": at_risk[0].status}
    if at_risk:
        return _("%(count)s demandes ne sont pas encore verrouillées : verrouillez-les d'abord.") % {
            "count": len(at_risk)
        }
    waiting = sum(card.lane is not Lane.CLOSED for card in cards)
    if not waiting:
        return _("Rien n'attend : toutes les réquisitions sont closes.")
    return _("Tout ce qui est demandé est verrouillé ; en cours : %(count)s.") % {"count": waiting}


# -- cards --------------------------------------------------------------------------------------------------


def _card(row: Requisition, now_us: int, *, is_open: bool) -> Card:
    case = cases.facts_of(row)
    where, act = lane(case), next_act(case)
    tone, shape, status = _status(row, case, where, now_us=now_us)
    return Card(
        number=row.pk,
        title=row.title,
        said=_said(row, case, act),
        alert=_alerts(row, case, act, now_us=now_us),
        tone=tone,
        shape=shape,
        status=status,
        bar=None if where is Lane.CLOSED else bar_of(row, now_us),
        is_urgent=where is Lane.TO_SAVE,
        lane=where,
        act=act,
        is_open=is_open,
    )


def _said(row: Requisition, case: CaseFacts, act: Act | None) -> str:
    """The frame, or the call, and what it waits for."""
    closed = case.last(StepKind.CLOSED)
    if closed:
        handed = case.last(StepKind.HANDED_OVER)
        year = words.local(cases.clock.now_us()).year
        at_us = handed.at_us if handed else closed.at_us
        return _("Remise le %(day)s") % {"day": words.day(words.local(at_us).date(), this_year=year)}
    head = row.frame or _("Appel de %(hour)s") % {"hour": words.hour(row.opened_at_us)}
    tail = str(words.WAITS[act]) if act is not None else ""
    return f"{head}, {row.unit}" if act is Act.LOCK and row.unit else f"{head} · {tail}"


def _alerts(row: Requisition, case: CaseFacts, act: Act | None, *, now_us: int) -> str:
    """What cannot wait: a lock that ends, a second look that is due, a piece that is missing."""
    return " ".join(filter(None, (_lock_ends(row, now_us), _second_look(row, case, now_us), _alert(row, case, act))))


def _lock_ends(row: Requisition, now_us: int) -> str:
    """A lock that ends by itself within days, unless somebody renews it."""
    ending = [hold for hold in cases.active_holds(row) if ends_soon(HoldKind(hold.kind), hold.until_at_us, now_us)]
    if not ending:
        return ""
    first = min(ending, key=lambda hold: hold.until_at_us)
    day = words.day(words.local(first.until_at_us - 1).date(), this_year=words.local(now_us).year)
    if first.kind == HoldKind.TELEPHONE.value:
        return _("Le verrou finit le %(day)s : la réquisition manque.") % {"day": day}
    return _("Le verrou finit le %(day)s : prolongez-le si l'enquête le demande.") % {"day": day}


def _second_look(row: Requisition, case: CaseFacts, now_us: int) -> str:
    """Until when a second person looks at what one answered alone."""
    found = after.awaited_of(row, case, now_us)
    if found is None:
        return ""
    day = words.day(found.due_on, this_year=words.local(now_us).year)
    if found.is_late:
        return _("Validation en retard : elle était due %(day)s.") % {"day": day}
    return _("Sortie sans deuxième personne : à valider au plus tard %(day)s.") % {"day": day}


def _alert(row: Requisition, case: CaseFacts, act: Act | None) -> str:
    """What blocks the export, in red."""
    if not case.has(StepKind.RECEIVED) or case.may_export or case.has(StepKind.CLOSED):
        return ""
    if act not in (Act.VALIDATE, Act.COMPLETE):
        return ""
    names = [str(words.FIELDS[name]) for name in cases.missing_fields(row)]
    names += [_(" ou ").join(str(words.PIECES[kind]) for kind in one.any_of) for one in cases.missing(row)]
    return _("À compléter : %(names)s. L'export attend.") % {"names": ", ".join(names)}


def _status(row: Requisition, case: CaseFacts, where: Lane, *, now_us: int) -> tuple[str, str, str]:
    if where is Lane.CLOSED:
        if case.result is Result.NEGATIVE:
            return "ok", "s-ok", _("Close, réponse négative")
        gone = all(pack.destroyed_at_us for pack in row.packs.all())
        return ("ok", "s-ok", _("Close, copie détruite")) if gone else ("wait", "s-wait", _("Close, copie à détruire"))
    if where is Lane.TO_SAVE:
        soon = cases.fading(row, cases.unheld(row, cases.scope_of(row)))
        left_us = max(0, soon.overwritten_at_us - now_us) if soon else 0
        if not left_us:
            return "bad", "s-bad", _("l'effacement a commencé")
        return "bad", "s-bad", _("%(left)s avant effacement") % {"left": words.lasting(left_us)}
    held = cases.active_holds(row)
    if held:
        last = words.local(min(hold.until_at_us for hold in held) - 1).date()
        until = words.day(last, this_year=words.local(now_us).year)
        return "hold", "s-barred", _("Verrou jusqu'au %(day)s") % {"day": until}
    return "wait", "s-wait", _("Rien à verrouiller : images déjà effacées, ou réponse négative")


def bar_of(row: Requisition, now_us: int) -> Bar | None:
    """Days before overwriting if nothing held it; hatched when something does."""
    soon = cases.fading(row, cases.scope_of(row))
    if soon is None:
        return None
    left_us = max(0, soon.overwritten_at_us - now_us)
    is_held = bool(cases.active_holds(row)) and not cases.unheld(row, cases.scope_of(row))
    tone = "held" if is_held else "bad" if left_us <= SOON_DAYS * _DAY_US else "plain"
    length = round(BAR * min(1.0, left_us / soon.total_us), 1)
    return Bar(length=length, tone=tone, total_days=round(soon.total_us / _DAY_US))
