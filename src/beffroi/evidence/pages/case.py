"""One requisition, opened: its steps, what is asked, its cameras, its lock, its papers, its people, its pack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.instants import to_rfc3339
from beffroi.evidence import rules, words
from beffroi.evidence.drawing import SiteMap, site_map
from beffroi.evidence.models import Pack, Requisition, Step
from beffroi.evidence.pages.cameras import CameraRow, camera_rows
from beffroi.evidence.queries import after, cases
from beffroi.evidence.rules import Act, CaseFacts, Lane, Negative, PackState, PieceKind, Result, StepKind
from beffroi.people.models import Agent
from beffroi.people.rules import Right

_ACT_PAGES: dict[Act, tuple[str, Right]] = {
    Act.LOCK: ("requisition-lock", Right.LOCK),
    Act.RECEIVE: ("requisition-receive", Right.LOCK),
    Act.CHOOSE: ("requisition-cameras", Right.LOCK),
    Act.REPLAY: ("requisition-replay", Right.LOCK),
    Act.CONCLUDE: ("requisition-result", Right.LOCK),
    Act.VALIDATE: ("requisition-validate", Right.VALIDATE),
    Act.COMPLETE: ("requisition-piece", Right.LOCK),
    Act.PACK: ("requisition-pack", Right.EXPORT),
    Act.HAND_OVER: ("requisition-hand-over", Right.EXPORT),
    Act.CLOSE: ("requisition-close", Right.EXPORT),
    Act.FEEDBACK: ("requisition-feedback", Right.LOCK),
}
POSTED = frozenset({Act.LOCK, Act.REPLAY, Act.CLOSE})
"""Acts done by one button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One of the eleven: done, current or to come."""

    number: int
    how: str
    name: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One act. `why_not`: why it is not for this agent now; the button is dashed then."""

    label: str
    url: str
    is_posted: bool = False
    is_main: bool = False
    is_red: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceLine:
    """A paper, here or missing."""

    tone: str
    shape: str
    name: str
    said: str
    url: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """Somebody of the two, or who is awaited."""

    tone: str
    shape: str
    name: str
    said: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """All that the page of one requisition shows."""

    row: Requisition
    title: str
    span: str
    lane: Lane
    act: Act | None
    steps: tuple[StepLine, ...]
    done: int
    buttons: tuple[Button, ...]
    asked: tuple[tuple[str, str], ...]
    map: SiteMap | None
    cameras: tuple[CameraRow, ...]
    camera_count: str
    hidden: int
    lock_tone: str
    lock_said: str
    due: str
    pieces: tuple[PieceLine, ...]
    missing: int
    people: tuple[PersonLine, ...]
    second_look: after.Awaited | None
    reissues: bool
    pack: Pack | None
    pack_said: str
    pack_lines: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str], ...]
    replay_at: str
    is_attended: bool
    is_called_back: bool
    is_closed: bool
    is_handed: bool
    has_result: bool
    may_go_alone: bool
    may_dispense: bool
    is_reader_only: bool


def case_view(requisition: Requisition, agent: Agent) -> CaseView:
    """The page of one requisition for an agent who may read it."""
    case = cases.facts_of(requisition)
    where, act = rules.lane(case), rules.next_act(case)
    rows = camera_rows(requisition)
    mine = [one for one in rows if any(agent.permit.over(right, one.camera) for right in cases.READS)]
    steps = list(requisition.steps.select_related("by"))
    pieces, missing = _pieces(requisition, agent)
    pack = cases.newest_pack(requisition)
    return CaseView(
        row=requisition,
        title=requisition.title,
        span=words.span(requisition.from_at_us, requisition.to_at_us),
        lane=where,
        act=act,
        steps=_steps(requisition, case, act, steps=steps),
        done=_done(case),
        buttons=tuple(_buttons(requisition, case, act, agent=agent)),
        asked=tuple(_asked(requisition, case)),
        map=_map(requisition, mine),
        cameras=tuple(mine),
        camera_count=_count(mine),
        hidden=len(rows) - len(mine),
        lock_tone="hold" if cases.active_holds(requisition) else "wait",
        lock_said=_lock_said(requisition),
        due=_due(requisition),
        pieces=pieces,
        missing=missing,
        people=tuple(_people(case, steps)),
        second_look=after.awaited_of(requisition, case, cases.clock.now_us()),
        reissues=agent.may(Right.EXPORT) and _reissues(case, pack, steps),
        pack=pack,
        pack_said=str(words.PACK_STATES[pack.state]) if pack else "",
        pack_lines=tuple(_pack_lines(pack)) if pack else (),
        lines=tuple(_history(steps)),
        replay_at=to_rfc3339(requisition.from_at_us),
        is_attended=cases.attending(requisition) is not None,
        is_called_back=case.has(StepKind.CALLED_BACK),
        is_closed=where is Lane.CLOSED,
        is_handed=case.has(StepKind.HANDED_OVER),
        has_result=case.result is not None,
        may_go_alone=_may_go_alone(case, agent),
        may_dispense=agent.may(Right.VALIDATE) and bool(cases.missing(requisition)) and not case.may_export,
        is_reader_only=not agent.rights & {Right.LOCK, Right.EXPORT, Right.VALIDATE},
    )


# -- steps --------------------------------------------------------------------------------------------------


_CURRENT = {
    Act.LOCK: 1,
    Act.RECEIVE: 2,
    Act.CHOOSE: 4,
    Act.REPLAY: 5,
    Act.CONCLUDE: 6,
    Act.VALIDATE: 7,
    Act.COMPLETE: 8,
    Act.PACK: 8,
    Act.WAIT: 8,
    Act.HAND_OVER: 9,
    Act.CLOSE: 10,
    Act.FEEDBACK: 11,
}


def _steps(requisition: Requisition, case: CaseFacts, act: Act | None, *, steps: list[Step]) -> tuple[StepLine, ...]:
    current = _CURRENT[act] if act else 0
    return tuple(
        StepLine(
            number=number,
            how="current" if number == current else "done" if _is_done(case, kind) else "to-come",
            name=_step_name(case, kind, act if number == current else None),
            said=_step_said(requisition, kind, steps),
        )
        for number, kind in enumerate(rules.ELEVEN, 1)
        if not (kind is StepKind.PACK_ASKED and case.result is Result.NEGATIVE)
    )


def _is_done(case: CaseFacts, kind: StepKind | None) -> bool:
    if kind is None:
        return True
    if kind is StepKind.VALIDATED:
        return case.is_validated
    if kind is StepKind.PACK_ASKED:
        return case.pack in (PackState.MADE, PackState.HANDED_OVER, PackState.DESTROYED)
    return case.has(kind)


def _done(case: CaseFacts) -> int:
    return sum(_is_done(case, kind) for kind in rules.ELEVEN)


def _step_name(case: CaseFacts, kind: StepKind | None, act: Act | None) -> str:
    if act is not None:
        return str(words.ACTS[act])
    if kind is None:
        return _("Numéro et échéance")
    if kind is StepKind.CALLED and case.has(StepKind.LOCKED):
        return _("Appel, images verrouillées")
    if kind is StepKind.RESULT and case.result:
        return _("Résultat : %(result)s") % {"result": words.RESULTS[case.result]}
    if kind is StepKind.PACK_ASKED:
        return _("Pack exporté et signé")
    return str(words.STEPS[kind])


def _step_said(requisition: Requisition, kind: StepKind | None, steps: list[Step]) -> str:
    if kind is None:
        return _("%(number)s · automatique") % {"number": requisition.pk}
    found = next((step for step in reversed(steps) if step.kind == kind.value), None)
    if found is None:
        return _("facultatif") if kind is StepKind.FEEDBACK else ""
    said = _moment(found)
    if kind is StepKind.RESULT:
        why = ", ".join(_reasons(found))
        return f"{why} · {said}" if why else said
    return said


def _moment(step: Step) -> str:
    year = words.local(cases.clock.now_us()).year
    return f"{words.when(step.at_us, this_year=year)} · {step.by.name if step.by else 'Beffroi'}"


def _reasons(step: Step) -> list[str]:
    return [str(words.NEGATIVES[Negative(code)]) for key, code in sorted(step.detail.items()) if key.startswith("why_")]


def _history(steps: list[Step]) -> Iterable[tuple[str, str, str]]:
    """Everything that was done, in order: when, what, by whom."""
    year = words.local(cases.clock.now_us()).year
    for step in steps:
        by = step.by.name if step.by else "Beffroi"
        yield words.when(step.at_us, this_year=year), str(words.STEPS[StepKind(step.kind)]), by


def _may_go_alone(case: CaseFacts, agent: Agent) -> bool:
    """Whoever chose may say that nobody else is on shift."""
    waits = case.result is not None and not (case.is_validated or case.is_alone)
    return waits and bool(agent.rights & {Right.LOCK, Right.EXPORT})


# -- what may be done ---------------------------------------------------------------------------------------


def _buttons(requisition: Requisition, case: CaseFacts, act: Act | None, *, agent: Agent) -> Iterable[Button]:
    number = requisition.pk
    is_closed = case.has(StepKind.CLOSED)
    if agent.rights & {Right.LOCK, Right.EXPORT, Right.VALIDATE, Right.JOURNAL}:
        yield Button(label=_("Journal des consultations"), url=reverse("requisition-trail", args=[number]))
    if not is_closed and agent.may(Right.LOCK) and cases.active_holds(requisition) and not requisition.inquiry.lacks:
        yield Button(label=_("Prolonger le verrou"), url=reverse("requisition-extend", args=[number]))
    if act is None or act is Act.WAIT:
        return
    name, right = _ACT_PAGES[act]
    if not agent.rights & {Right.LOCK, Right.EXPORT, Right.VALIDATE}:
        return
    yield Button(
        label=str(words.ACTS[act]),
        url=reverse(name, args=[number]),
        is_posted=act in POSTED,
        is_main=act is not Act.LOCK,
        is_red=act is Act.LOCK,
        why_not=_why_not(case, act, right, agent=agent),
    )


def may_act(requisition: Requisition, act: Act, agent: Agent) -> bool:
    """Whether the next act is this agent's to do."""
    if act not in _ACT_PAGES:
        return False
    return not _why_not(cases.facts_of(requisition), act, _ACT_PAGES[act][1], agent=agent)


def _why_not(case: CaseFacts, act: Act, right: Right, *, agent: Agent) -> str:
    if not agent.may(right):
        return (
            _("au chef ou à la cheffe du CSU") if right in (Right.EXPORT, Right.VALIDATE) else _("hors de vos droits")
        )
    chose = any(step.by == agent.pk for step in case.steps if step.kind in rules.CHOOSING)
    if act is Act.VALIDATE and chose:
        return _("à une autre personne que celle qui a choisi")
    return ""


# -- what is asked ------------------------------------------------------------------------------------------


def _asked(requisition: Requisition, case: CaseFacts) -> Iterable[tuple[str, str]]:
    frame = cases.frame_on(requisition)
    todo = _("à compléter")
    yield _("Cadre"), f"{frame.label}, {frame.article}. {frame.said}" if frame else todo
    yield _("Procédure"), requisition.procedure or todo
    who = ", ".join(part for part in (requisition.officer, requisition.unit) if part) or todo
    back = case.last(StepKind.CALLED_BACK)
    yield _("Demandeur"), f"{who}. {_('Rappel par le standard fait.')}" if back else who
    where = _("rayon de %(metres)s m autour de %(place)s") % {
        "metres": requisition.radius_m,
        "place": requisition.place,
    }
    hours = words.utc_span(requisition.from_at_us, requisition.to_at_us)
    what = words.span(requisition.from_at_us, requisition.to_at_us)
    yield _("Portée"), f"{where if requisition.lat is not None else requisition.place} ; {what} ({hours})"
    if case.result:
        yield _("Réponse"), str(words.RESULTS[case.result])


def _map(requisition: Requisition, rows: list[CameraRow]) -> SiteMap | None:
    if requisition.lat is None or requisition.lon is None:
        return None
    known = {viewer.id: viewer for viewer in cases.viewers()}
    cameras = [
        (known[row.camera], row.is_kept or (row.is_open and row.could_see)) for row in rows if row.camera in known
    ]
    spot = (requisition.lon, requisition.lat)
    return site_map(spot, requisition.radius_m, rings=cases.walls(), cameras=cameras)


def _count(rows: list[CameraRow]) -> str:
    kept, aside = sum(row.is_kept for row in rows), sum(row.is_aside for row in rows)
    if kept or aside:
        return _("Caméras : retenues %(kept)s, écartées %(aside)s") % {"kept": kept, "aside": aside}
    return _("Caméras qui pourraient voir : %(count)s") % {"count": sum(row.could_see for row in rows)}


def _lock_said(requisition: Requisition) -> str:
    held = cases.active_holds(requisition)
    soon = cases.fading(requisition, cases.scope_of(requisition))
    gone = words.when(soon.overwritten_at_us) if soon else ""
    if held:
        until = words.day(words.local(min(hold.until_at_us for hold in held) - 1).date())
        by = held[0].get_kind_display()
        return _("Verrouillé jusqu'au %(day)s, par %(kind)s. Sans verrou, effacement dès %(gone)s.") % {
            "day": until,
            "kind": by,
            "gone": gone,
        }
    if cases.unheld(requisition, cases.scope_of(requisition)):
        return _("Rien n'est verrouillé : effacement dès %(gone)s.") % {"gone": gone}
    return _("Aucun verrou : rien n'est à garder.")


def _due(requisition: Requisition) -> str:
    due_at_us = cases.due_at_us(requisition)
    return words.when(due_at_us) if due_at_us else ""


# -- papers and people --------------------------------------------------------------------------------------


def _pieces(requisition: Requisition, agent: Agent) -> tuple[tuple[PieceLine, ...], int]:
    add = reverse("requisition-piece", args=[requisition.pk])
    lines = []
    for piece in requisition.pieces.select_related("scan"):
        said = " · ".join(part for part in (piece.signed_by, piece.reference) if part)
        url = reverse("requisition-scan", args=[requisition.pk, piece.scan_id]) if piece.scan_id else ""
        lines.append(
            PieceLine(
                tone="ok",
                shape="s-ok",
                name=piece.get_kind_display(),
                said=said,
                url=url,
                link=_("Voir") if url else "",
            )
        )
    missing = [_(" ou ").join(str(words.PIECES[kind]) for kind in one.any_of) for one in cases.missing(requisition)]
    fields = [str(words.FIELDS[name]) for name in cases.missing_fields(requisition)]
    link = _("Ajouter") if agent.may(Right.LOCK) else ""
    complete = reverse("requisition-receive", args=[requisition.pk])
    todo = [(name, add) for name in missing] + [(name, complete) for name in fields]
    lines += [
        PieceLine(tone="warn", shape="s-warn", name=name, said=_("à compléter"), url=url, link=link)
        for name, url in todo
    ]
    waits_receipt = requisition.hand_overs.filter(pack__isnull=False).exists() and not requisition.pieces.filter(
        kind=PieceKind.RECEIPT.value
    )
    if waits_receipt:
        receipt = str(words.PIECES[PieceKind.RECEIPT])
        said = _("à faire signer, puis à numériser")
        lines.append(PieceLine(tone="warn", shape="s-warn", name=receipt, said=said, url=add, link=link))
    return tuple(lines), len(todo) + bool(waits_receipt)


def _people(case: CaseFacts, steps: list[Step]) -> Iterable[PersonLine]:
    chosen = next((step for step in reversed(steps) if step.kind == StepKind.RESULT.value), None) or next(
        (step for step in reversed(steps) if step.kind == StepKind.CHOSEN.value), None
    )
    if chosen is None:
        yield PersonLine(tone="wait", shape="s-wait", name=_("Personne"), said=_("n'a encore choisi"), when="")
    else:
        yield _person(chosen, _("a choisi et relu"))
    validated = next((step for step in reversed(steps) if step.kind == StepKind.VALIDATED.value), None)
    if case.is_validated and validated is not None:
        yield _person(validated, _("a validé après coup") if validated.detail.get("afterwards") else _("a validé"))
    elif case.is_alone:
        yield PersonLine(
            tone="warn",
            shape="s-warn",
            name=_("Seul en poste"),
            said=_("la validation se fait le lendemain ; le bordereau le dit"),
            when="",
        )
    else:
        yield PersonLine(tone="wait", shape="s-wait", name=_("Une autre personne"), said=_("validera"), when="")


def _person(step: Step, said: str) -> PersonLine:
    year = words.local(cases.clock.now_us()).year
    name = step.by.name if step.by else "Beffroi"
    return PersonLine(tone="ok", shape="s-ok", name=name, said=said, when=words.when(step.at_us, this_year=year))


def _pack_lines(pack: Pack) -> Iterable[tuple[str, str]]:
    if pack.recipient:
        yield _("Établi pour"), str(pack.recipient)
    if pack.failed_at_us is not None:
        yield _("Cause"), str(words.FAILURES.get(pack.failure, pack.failure))
    if pack.made_at_us is not None:
        yield _("Fait le"), words.when(pack.made_at_us)
        yield _("Originaux"), str(pack.files)
        yield _("Taille"), _size(pack.size_bytes)
        yield _("Manifeste, SHA-256"), pack.manifest_sha256
        yield _("Horodatage"), _("par un tiers") if pack.is_stamped else _("non horodaté par un tiers")
    for row in pack.hand_overs.all():
        yield _("Remis le"), f"{words.when(row.at_us)} · {row.recipient} · {row.get_medium_display()}"
        if row.keeps_until_on:
            yield _("Le destinataire détruit au plus tard le"), words.day(row.keeps_until_on)
    if pack.destroyed_at_us is not None:
        yield _("Copie de la ville détruite le"), words.when(pack.destroyed_at_us)


def _reissues(case: CaseFacts, pack: Pack | None, steps: list[Step]) -> bool:
    """The slip that left said "alone"; a pack made again says who looked since."""
    last = next((step for step in reversed(steps) if step.kind == StepKind.VALIDATED.value), None)
    was_alone = last is not None and bool(last.detail.get("afterwards"))
    is_older = pack is not None and last is not None and pack.asked_at_us < last.at_us
    return was_alone and is_older and case.pack is PackState.HANDED_OVER and not case.has(StepKind.CLOSED)


def _size(count: int) -> str:
    units = (_("ko"), _("Mo"), _("Go"))
    rank = min(len(units), max(1, (len(str(count)) + 2) // 3 - 1))
    return f"{count / 1000**rank:.1f} {units[rank - 1]}"
