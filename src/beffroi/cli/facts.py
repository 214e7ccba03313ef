"""`beffroi facts`: dated facts of the police and of the town, imported from a CSV file."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import figure, is_french, share

if TYPE_CHECKING:
    from beffroi.territory.analysis import Followed, HotSpots
    from beffroi.territory.calc.near_repeat import NearPairs
    from beffroi.territory.factfile import FactFile, Preview, Progress
    from beffroi.territory.repeats import Repeat
    from beffroi.territory.rules import FactKind
    from beffroi.territory.services import FactReport


_COLUMNS = ("dense, ha", "facts inside", "held out", "cells", "pairs within 100 m, 7 days: inside + across")
_COLUMNS_FR = ("dense, ha", "faits dedans", "témoin", "carrés", "paires à 100 m et 7 jours : dedans + à cheval")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi facts`."""
    parser.description = (
        "Dated facts that show where a town is exposed. Columns that are not mapped are never read. "
        "Exit code 0: done; 2: refused, nothing was changed."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    bring = actions.add_parser("import", help="read a CSV file of facts, all of it or nothing")
    bring.add_argument("file", type=Path, metavar="F.csv")
    bring.add_argument("--source", required=True, metavar="NAME", help="who counted, e.g. 'Police nationale'")
    bring.add_argument(
        "--column", action="append", default=[], metavar="FIELD=COLUMN",
        help="the column that holds reference, kind, from, to, lat, lon or zone; guessed when left out",
    )  # fmt: skip
    bring.add_argument(
        "--kind", action="append", default=[], metavar="WORD=KIND", help="a nature of this file and the kind it is"
    )
    bring.add_argument(
        "--crs", default="", metavar="EPSG:2154", help="projection of the positions, when they are not degrees"
    )
    bring.add_argument(
        "--alike", choices=("count", "skip"),
        help="rows that say the same without a reference, or as another source: count each, or only the first; "
        "undecided, a file that has some is refused and they are named",
    )  # fmt: skip
    bring.add_argument("--dry-run", action="store_true", help="show how the file is read, check it, write nothing")
    hot = actions.add_parser("hotspots", help="where facts gather, judged on a year the map has not seen")
    hot.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help="kinds of fact (default: tied to the place)"
    )
    base = actions.add_parser("base", help="read the State's communal base (SSMSI) of this town")
    base.add_argument("file", type=Path, metavar="BASE.csv")
    for one in (bring, hot, base):
        civil.add_data_argument(one)
        one.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    return {"import": _import, "hotspots": _hot_spots, "base": _base}[arguments.action](arguments)


def _hot_spots(arguments: argparse.Namespace) -> int:
    from django.utils import timezone

    from beffroi.core.dates import day_of
    from beffroi.territory.analysis import PLACE_KINDS, followed, hot_spots
    from beffroi.territory.queries import town_zone

    with civil.reaching():
        kinds = _kinds(arguments.kind) if arguments.kind else PLACE_KINDS
        on = day_of(timezone.now(), town_zone())
        found, pairs = hot_spots(on, kinds=kinds), followed(on, kinds=kinds)
    if arguments.json:
        print_json(_hot_document(found, pairs))
    else:
        print("\n".join((*_hot_lines(found), *_zone_lines(found, pairs))))
    return 0


def _hot_document(found: HotSpots, pairs: Followed) -> dict[str, object]:
    from beffroi.territory.analysis import FOLLOWED_DAYS, FOLLOWED_M
    from beffroi.territory.models import Zone

    trials = [
        {"method": one.method, "pai": one.foretold.pai, "facts_share": one.foretold.facts_share,
         "ground_share": one.foretold.ground_share}
        for one in found.trials
    ]  # fmt: skip
    zones = [
        {"zone": zone.pk, "number": zone.number, "name": zone.name, **asdict(found.zones[zone.pk]),
         "near_repeats": _pairs_document(pairs.zones[zone.pk])}
        for zone in Zone.objects.all()
    ]  # fmt: skip
    followed = {"within_m": FOLLOWED_M, "within_days": FOLLOWED_DAYS, "facts": pairs.facts, "placed": pairs.placed,
                "town": _pairs_document(pairs.town)}  # fmt: skip
    return {
        "kinds": [kind.value for kind in found.kinds],
        "facts": found.facts,
        "held_out": found.held_out,
        "trials": trials,
        "density": found.density.method,
        "hot_cells": list(found.cells),
        "dense_cells": list(found.dense_cells),
        "near_repeats": followed,
        "zones": zones,
    }


def _pairs_document(found: NearPairs) -> dict[str, object]:
    return asdict(found) | {"ratio": found.ratio}


def _zone_lines(found: HotSpots, pairs: Followed) -> list[str]:
    from beffroi.territory.models import Zone

    *columns, pairs_head = _COLUMNS_FR if is_french() else _COLUMNS
    head = f"{'zone':5}{columns[0]:>14}{columns[1]:>16}{columns[2]:>12}{columns[3]:>8}   {pairs_head}"
    lines = [f"{'':55}   {_pairs_said(pairs.town)}"]
    for zone in Zone.objects.all():
        heat = found.zones[zone.pk]
        lines.append(
            f"Z{zone.number:02}  {f'{figure(heat.dense_ha, 1)}/{figure(heat.area_ha, 1)}':>14}"
            f"{f'{heat.dense_facts}/{heat.facts}':>16}{f'{heat.dense_later}/{heat.later}':>12}{heat.hot_cells:>8}   "
            f"{_pairs_said(pairs.zones[zone.pk])}"
        )
    star = "* plus que le hasard, à 5 %" if is_french() else "* more than chance, at 5 %"
    return [head, *lines, star]


def _pairs_said(found: NearPairs) -> str:
    pairs = f"{found.inside} + {found.across}" if found.across else f"{found.inside}"
    if found.ratio is None:
        return f"{pairs} : trop peu de faits" if is_french() else f"{pairs}: too few facts"
    chance = f"{found.low:.0f}–{found.high:.0f}"
    if is_french():
        return f"{pairs}, par hasard {chance}, rapport {figure(found.ratio, 2)}" + (" *" if found.is_shown else "")
    return f"{pairs}, by chance {chance}, ratio {found.ratio:.2f}" + (" *" if found.is_shown else "")


def _hot_lines(found: HotSpots) -> list[str]:
    french = is_french()
    head = (
        f"{found.facts} faits ; jugés sur {found.held_out} de la dernière année"
        if french
        else f"{found.facts} facts; judged on {found.held_out} of the last year"
    )
    of, on = ("d'entre eux sur", "du sol") if french else ("of them on", "of the ground")
    trials = [
        f"  {one.method:18} PAI {figure(one.foretold.pai, 2)}: {share(one.foretold.facts_share, 0)} {of} "
        f"{share(one.foretold.ground_share)} {on}"
        for one in found.trials
    ]
    cells = (
        f"{len(found.cells)} carrés de 50 m plus touchés que le hasard (Gi*, 5 % après correction)"
        if french
        else f"{len(found.cells)} cells of 50 m hotter than chance (Gi*, 5 % after correction)"
    )
    return [head, *trials, cells]


def _base(arguments: argparse.Namespace) -> int:
    from beffroi.territory.services import import_base

    with civil.reaching():
        count = import_base(arguments.file, by="system")
    if arguments.json:
        print_json({"figures": count})
    else:
        print(f"{count} chiffres de cette ville" if is_french() else f"{count} figures of this town")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from beffroi.territory import factfile
    from beffroi.territory.repeats import Alike
    from beffroi.territory.services import import_facts

    file = _file(arguments)
    alike = Alike(arguments.alike) if arguments.alike else None
    seen = factfile.preview(file)
    if arguments.dry_run and not arguments.json:
        _show(seen)
    with civil.reaching(), _progress(arguments) as progress:
        report = import_facts(file, by="system", alike=alike, is_dry_run=arguments.dry_run, progress=progress)
    if arguments.json:
        repeats = [_repeat(one) for one in report.repeats]
        print_json(asdict(report) | {"repeats": repeats, "unshown": report.unshown, "mapping": dict(seen.mapping)})
    else:
        print(_outcome(report))
        for kind, count in report.by_kind.items():
            print(f"  {kind:20} {count}")
        print("".join(f"{line}\n" for line in _repeat_lines(report)), end="")
    return 0


def _outcome(report: FactReport) -> str:
    if is_french():
        verb = "seraient importés" if report.is_dry_run else "importés"
        return (
            f"{report.landed} faits {verb}, {report.repeated} déjà connus, {report.doubtful} semblables à un autre, "
            f"{report.without_zone} hors des zones"
        )
    verb = "would land" if report.is_dry_run else "landed"
    return (
        f"{report.landed} facts {verb}, {report.repeated} known already, {report.doubtful} like another, "
        f"{report.without_zone} outside the zones"
    )


def _said(repeat: Repeat) -> str:
    return repeat.messages[1 if is_french() else 0]


def _repeat(repeat: Repeat) -> dict[str, object]:
    """As the JSON document tells it."""
    told = asdict(repeat) | {"of_on": repeat.of_on.isoformat() if repeat.of_on else None}
    del told["alike"]
    return told | {"is_left_out": repeat.is_left_out, "text": _said(repeat)}


def _repeat_lines(report: FactReport) -> Iterator[str]:
    line = ("line {}: {}", "ligne {} : {}")[is_french()]
    for one in report.repeats:
        yield line.format(one.line, _said(one))
    if report.unshown:
        yield (f"… {report.unshown} more", f"… {report.unshown} autres")[is_french()]


def _show(seen: Preview) -> None:
    rows, columns = ("lignes", "colonnes :") if is_french() else ("rows", "columns:")
    print(f"{seen.rows} {rows}; {columns} {', '.join(seen.columns)}")
    for name, column in seen.mapping.items():
        print(f"  {name:10} <- {column}")
    if seen.unread_columns:
        print(f"  {('never read:', 'jamais lues :')[is_french()]} {', '.join(seen.unread_columns)}")
    for cells in seen.sample[:3]:
        print("  | " + " | ".join(cells))


def _file(arguments: argparse.Namespace) -> FactFile:
    from beffroi.territory import factfile

    path: Path = arguments.file
    try:
        if path.stat().st_size > factfile.MAX_BYTES:
            raise InvalidInput(f"{path} is over 64 MB; cut it.", message_fr=f"{path} dépasse 64 Mo ; coupez-le.",
                               field="file")  # fmt: skip
        text = factfile.text_of(path.read_bytes(), path.name)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}.",
            message_fr=f"{path} ne peut être lu : {error.strerror}.",
            field="file",
        ) from None
    words = _pairs(arguments.kind, "kind")
    return factfile.FactFile(
        name=path.name,
        text=text,
        source=arguments.source,
        columns=_pairs(arguments.column, "column"),
        kinds=dict(zip(words, _kinds(words.values()), strict=True)),
        crs=arguments.crs,
    )


def _kinds(names: Iterable[str]) -> list[FactKind]:
    from beffroi.territory.rules import FactKind

    known = {kind.value: kind for kind in FactKind}
    given = list(names)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InvalidInput(
            f"There is no kind {', '.join(unknown)}; known: {', '.join(known)}.",
            message_fr=f"Il n'y a pas de nature {', '.join(unknown)} ; connues : {', '.join(known)}.",
            field="kind",
        )
    return [known[name] for name in given]


def _pairs(given: list[str], name: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if any(not sign for _, sign, _ in pairs):
        raise InvalidInput(f"--{name} takes NAME=VALUE.", message_fr=f"--{name} prend NOM=VALEUR.", field=name)
    return {left.strip(): right.strip() for left, _, right in pairs}


@contextlib.contextmanager
def _progress(arguments: argparse.Namespace) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(total=None, unit=" facts", file=sys.stderr, disable=arguments.json or not sys.stderr.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
