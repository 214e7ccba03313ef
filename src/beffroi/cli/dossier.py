"""`beffroi dossier`: what a dossier lacks before it goes to the prefect, and its papers as PDF files."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import NotFound
from beffroi.core.terminal import is_french

if TYPE_CHECKING:
    from beffroi.authorise.dossier.building import Built, Progress
    from beffroi.authorise.models import Dossier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi dossier`."""
    parser.description = (
        "A dossier for the prefect: its pieces and its papers. Exit code 0: complete; 1: something is missing; "
        "2: refused before starting."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say all that is missing and where it is filled")
    build = actions.add_parser(
        "build",
        help="make every paper, marked as a draft while something is missing; of a filed dossier, the papers filed",
    )
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty folder, or an earlier build's")
    for one in (check, build):
        one.add_argument("--dossier", metavar="ID", help="by default the last one opened")
        one.add_argument("--json", action="store_true", help="report in JSON")
        civil.add_data_argument(one)


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    with civil.reaching():
        dossier = _dossier(arguments.dossier)
        return _check(dossier, arguments) if arguments.action == "check" else _build(dossier, arguments)


def _dossier(given: str | None) -> Dossier:
    from beffroi.authorise.dossier.queries import dossiers

    known = {dossier.pk: dossier for dossier in dossiers()}
    if given in known:
        return known[given]
    if given is None and known:
        return next(iter(known.values()))
    names = ", ".join(known) or "none"
    raise NotFound(
        f"There is no dossier {given or ''!r}; known: {names}.",
        message_fr=f"Il n'y a pas de dossier {given or ''!r} ; connus : {', '.join(known) or 'aucun'}.",
        field="dossier",
    )


def _check(dossier: Dossier, arguments: argparse.Namespace) -> int:
    from django.utils import timezone

    from beffroi.authorise.dossier.doubts import doubtful
    from beffroi.authorise.dossier.queries import missing
    from beffroi.authorise.dossier.words import doubt_sentence, wants
    from beffroi.core.dates import day_of
    from beffroi.territory.queries import town_zone

    found = wants(dossier, missing(dossier, day_of(timezone.now(), town_zone())))
    doubts = doubtful(dossier)
    if arguments.json:
        rows = [
            {"piece": one.missing.piece, "lack": one.missing.lack, "subject": one.missing.subject,
             "article": one.missing.article, "text": one.text, "where": one.url}
            for one in found
        ]  # fmt: skip
        told = [
            {"piece": one.piece, "doubt": one.doubt, "count": one.count, "of": one.of, "text": doubt_sentence(one)}
            for one in doubts
        ]
        whole = {"dossier": dossier.pk, "name": dossier.name, "complete": not found}
        print_json(whole | {"missing": rows, "to_verify": told})
        return 1 if found else 0
    print(_headline(dossier.name, len(found)))
    for one in found:
        print(f"  - {one.text} ({one.missing.article}) -> {one.url}")
    for doubt in doubts:
        print(f"  ? {doubt_sentence(doubt)}")
    return 1 if found else 0


def _headline(name: str, count: int) -> str:
    if is_french():
        return f"{name} : manque {count}" if count else f"{name} : rien ne manque"
    return f"{name}: {count} missing" if count else f"{name}: nothing is missing"


def _build(dossier: Dossier, arguments: argparse.Namespace) -> int:
    from django.utils import timezone

    from beffroi.authorise.dossier.building import build, write_filed
    from beffroi.authorise.dossier.keeping import INDEX

    filed = write_filed(dossier, arguments.out)
    if filed:
        said = (arguments.out / INDEX).read_text("utf-8")
        print(said if arguments.json else _as_filed(dossier, arguments.out, len(filed)))
        return 0
    with _progress(arguments) as progress:
        built = build(dossier, arguments.out, made_at=timezone.now(), by="system", progress=progress)
    if arguments.json:
        print((arguments.out / INDEX).read_text("utf-8"))
        return 0 if built.is_complete else 1
    print(_outcome(arguments.out, built))
    for one in built.barred:
        print(f"  - {one.name}: {one.why}")
    return 0 if built.is_complete else 1


def _as_filed(dossier: Dossier, out: Path, count: int) -> str:
    if is_french():
        return f"{out} : {count} documents, tels que déposés le {dossier.filed_on}"
    return f"{out}: {count} documents, as they were filed on {dossier.filed_on}"


def _outcome(out: Path, built: Built) -> str:
    pages = sum(one.pages for one in built.drawn)
    if is_french():
        state = "complet" if built.is_complete else f"projet, manque {built.missing}"
        return f"{out} : {len(built.drawn)} documents, {pages} pages ({state})"
    state = "complete" if built.is_complete else f"draft, {built.missing} missing"
    return f"{out}: {len(built.drawn)} documents, {pages} pages ({state})"


@contextlib.contextmanager
def _progress(arguments: argparse.Namespace) -> Iterator[Progress]:
    """A bar on a terminal, nothing elsewhere."""
    if arguments.json or not sys.stderr.isatty():
        yield lambda _made, _all: None
        return
    width = 40

    def show(made: int, all_: int) -> None:
        done = width * made // max(all_, 1)
        print(f"\r[{'#' * done}{' ' * (width - done)}] {made}/{all_}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print(file=sys.stderr)
