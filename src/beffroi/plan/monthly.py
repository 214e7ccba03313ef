"""The monthly sheet for the town council: how far the programme is, what waits for a decision, money, reserves.

It says what the programme's page says of that day, on A4, with the steps of the month and the reserves beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import translation

from beffroi.core.dates import day_of
from beffroi.core.documents import PAPER, document_pdf
from beffroi.core.documents.blocks import BLANK, Block, counted, day, facts, heading, note, number, table, text, warning
from beffroi.people.events import Duty
from beffroi.plan import events
from beffroi.plan.models import CameraState, Phase, Reserve
from beffroi.plan.pages import PhaseRow, ProgrammePage, programme_page
from beffroi.plan.queries import phases_under_way
from beffroi.plan.templatetags.plan_money import euros
from beffroi.plan.works.pages import TaskRow, Works, works_of
from beffroi.plan.works.rules import Progress
from beffroi.territory.queries import town, town_zone

MOST_NAMED = 4
MOST_STEPS = 24
MONTH = timedelta(days=31)
_TOLD = frozenset({Progress.LATE, Progress.BLOCKED, Progress.UNDER_WAY})


def monthly_pdf(on: date, *, made_at: datetime) -> bytes:
    """The sheet as of a day, in French. A second at most."""
    made_on = day_of(made_at, town_zone())
    with translation.override("fr"):
        blocks = list(_blocks(programme_page(on), is_today=on == made_on))
    known = town()
    given = {
        "title": "Point mensuel du programme de vidéoprotection",
        "town": known.name if known else "",
        "service": "",
        "reference": f"situation au {day(on)}",
        "made": f"établi le {day(made_on)}",
        "fictional": "jeu fictif" if known and known.is_fictional else None,
        "draft": None,
        "blocks": blocks,
    }
    return document_pdf(PAPER, given, made_at=made_at)


def _blocks(page: ProgrammePage, *, is_today: bool) -> Iterator[Block]:
    works = [works_of(phase, page.on) for phase in Phase.objects.order_by("programme__rank", "rank")]
    under_way = {phase.pk for phase in phases_under_way(page.on)}
    yield from _standing(page, [one for one in works if one.phase.pk in under_way])
    if is_today:  # what waited on another day is not known: drafts and papers are kept as they are now
        yield heading("À décider")
        yield from _decisions(events.waiting_decisions(page.on))
    yield heading("Prévu et réel, par phase")
    yield _phases(page)
    yield heading("États des caméras")
    yield _states(page)
    yield heading("Depuis un mois")
    yield from _steps(page.on)
    yield heading("Travaux en cours")
    yield from _works(one for one in works if one.phase.pk in under_way)
    yield heading("Argent")
    spent = [one for one in works if any(any(lot.cents.values()) for lot in one.lots)]
    yield from _money(spent, under_way)
    if without := [one.phase.name for one in works if one not in spent]:
        yield note(f"Sans somme inscrite à ce jour : {', '.join(without)}.")
    yield heading("Réserves à lever")
    yield from _reserves(page.on)


def _standing(page: ProgrammePage, under_way: Iterable[Works]) -> Iterator[Block]:
    rows = [
        (
            row.name,
            f"en service : caméras, {row.cameras[0]} sur {row.cameras[1]} ; emplacements, {row.sites[0]} sur "
            f"{row.sites[1]} ; fibre allumée : {number(row.fibre.lit_m)} m sur {number(row.fibre.planned_m)}",
        )
        for row in page.programmes
    ]
    yield facts(rows) if rows else text("Aucun programme.")
    late = [works.lead for works in under_way if works.lead]
    if late:
        yield warning("En retard :", late)


def _decisions(waiting: Iterable[Duty]) -> Iterator[Block]:
    rows = [(one.title, one.effect, one.last) for one in waiting]
    yield (
        table(("Décision", "Pourquoi, ou sinon", "Échéance"), rows, (2.6, 2.6, 1.4))
        if rows
        else text("Rien à décider ce jour.")
    )


def _phases(page: ProgrammePage) -> Block:
    rows: list[tuple[object, ...]] = []
    sums = []
    for programme in page.programmes:
        rows += [_phase_row(phase, page.on) for phase in programme.phases]
        if len(programme.phases) < 2:
            continue
        sums.append(len(rows))
        rows.append((f"Ensemble : {programme.name}", _of(programme.sites), _of(programme.cameras), BLANK, BLANK, BLANK))
    head = ("Phase", "Sites", "Caméras", "Prévue", "Réelle ou estimée", "Écart")
    return table(head, rows, (2.4, 0.8, 1, 1.4, 1.9, 1.3), figures=(1, 2), sums=sums)


def _phase_row(phase: PhaseRow, on: date) -> tuple[object, ...]:
    told = phase.figures
    is_served = told.in_service_on is not None and told.in_service_on <= on
    real = f"réelle, {day(told.in_service_on)}" if is_served else None
    if not is_served and told.expected_on and phase.is_told:
        real = f"estimée, {day(told.expected_on)}"
    served = (told.sites_in_service, len(told.sites)), (told.cameras_in_service, told.cameras_planned)
    return told.name, _of(served[0]), _of(served[1]), day(told.planned_on), real, _gap(phase)


def _of(counts: tuple[int, int]) -> str:
    """In service, of those planned."""
    return f"{counts[0]} / {counts[1]}"


def _gap(phase: PhaseRow) -> str | None:
    if not phase.is_told or not phase.figures.late_days:
        return None
    late = phase.late_days
    return f"{counted(late, 'jour')} de retard" if late else f"{counted(phase.early_days, 'jour')} d'avance"


def _states(page: ProgrammePage) -> Block:
    squares = [square for site in page.sites for square in site.squares]
    rows = []
    for tone, word, count in page.legend:
        said = f"{word}, à corriger : vue réorientée" if tone == "to-correct" else word
        names = [f"{one.camera.number} · {one.camera.name}" for one in squares if one.tone == tone]
        rows.append((said, count, ", ".join(names) if count <= MOST_NAMED else BLANK))
    return table(("État", "Caméras", "Lesquelles"), rows, (2, 0.8, 4), figures=(1,))


def _steps(on: date) -> Iterator[Block]:
    found = CameraState.objects.filter(on__gt=on - MONTH, on__lte=on).select_related("camera")
    steps = list(found.order_by("on", "camera__number", "step"))
    if not steps:
        yield text("Aucune étape d'une caméra depuis un mois.")
        return
    rows = [(day(step.on), f"{step.camera.number} · {step.camera.name}", step.get_state_display()) for step in steps]
    yield table(("Jour", "Caméra", "Étape"), rows[:MOST_STEPS], (1.3, 3.6, 2))
    if len(rows) > MOST_STEPS:
        yield note(f"Et {counted(len(rows) - MOST_STEPS, 'autre étape', 'autres étapes')}.")


def _works(under_way: Iterable[Works]) -> Iterator[Block]:
    rows = [
        (
            works.phase.name,
            row.line.task.name,
            f"du {day(row.line.task.planned_from_on)} au {day(row.line.task.planned_to_on)}",
            day(row.line.task.actual_from_on),
            _where(row),
        )
        for works in under_way
        for row in works.rows
        if row.line.standing.progress in _TOLD
    ]
    head = ("Phase", "Tâche", "Prévu", "Commencée le", "Où elle en est")
    yield table(head, rows, (1.1, 2, 2, 1.3, 2)) if rows else text("Aucune tâche en cours, en retard ni bloquée.")


def _where(row: TaskRow) -> str:
    """The word, and the note unless it says the word itself."""
    if not row.note or row.note.startswith(str(row.word)):
        return row.note or str(row.word)
    return f"{row.word}, {row.note}"


def _money(works: Iterable[Works], under_way: set[str]) -> Iterator[Block]:
    """A line a phase; of those under way, a line a lot before it."""
    rows: list[tuple[object, ...]] = []
    sums = []
    for one in works:
        if one.phase.pk in under_way:
            rows += [
                (lot.lot.name, *(euros(cents) for cents in lot.cents.values()), euros(lot.left_to_commit_cents))
                for lot in one.lots
            ]
        sums.append(len(rows))
        totals = (one.voted_cents, one.committed_cents, one.invoiced_cents, one.notified_cents, one.paid_cents)
        rows.append((f"Ensemble : {one.phase.name}", *(euros(cents) for cents in (*totals, one.left_cents))))
    if not rows:
        yield text("Rien n'est voté, engagé ni facturé.")
        return
    head = ("Lot", "Voté", "Engagé", "Facturé", "Subv. notifiée", "Subv. versée", "Reste à engager")
    yield table(head, rows, (2.2, 1, 1, 1, 1, 1, 1), figures=(1, 2, 3, 4, 5, 6), sums=sums)
    yield note("Euros hors taxes, travaux seuls : ni agents, ni entretien.")


def _reserves(on: date) -> Iterator[Block]:
    still = Q(lifted_on__isnull=True) | Q(lifted_on__gt=on)
    found = Reserve.objects.filter(still, sheet__opened_on__lte=on).select_related("sheet__site")
    rows = [
        (
            f"{one.sheet.site.mark} · {one.sheet.site.name}",
            one.text,
            one.owner,
            day(one.due_on) + (" : dépassé" if one.due_on < on else ""),
            "oui" if one.is_blocking else "non",
        )
        for one in found
    ]
    head = ("Emplacement", "Réserve", "À lever par", "Avant le", "Empêche la réception")
    yield table(head, rows, (1.8, 2.6, 1.6, 1.3, 1.1)) if rows else text("Aucune réserve ouverte.")
