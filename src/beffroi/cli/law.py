"""`beffroi law`: each obligation of `law/obligations.toml`, the code that enforces it, its tests, their verdict.

A row is *not yet built*, or names code and tests. Every test named is run, once, in one run of pytest. Each row
says which offences of `authorise/offences.toml` it holds off.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from beffroi.authorise.offences import offences
from beffroi.cli.main import print_json
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import is_french

CHECKOUT = Path(__file__).resolve().parents[3]
TABLE = Path("law", "obligations.toml")
_STATES = {
    "pass": ("passe", "pass"),
    "fail": ("ÉCHOUE", "FAIL"),
    "not built": ("pas encore construit", "not yet built"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One row: `id` and `article` of the text, what it asks in two languages, files, pytest node ids."""

    id: str
    article: str
    fr: str
    en: str
    code: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    built: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row and its verdict; `failed`: the tests that did not pass."""

    obligation: Obligation
    state: Literal["pass", "fail", "not built"]
    failed: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi law`."""
    parser.description = (
        "Runs the tests of each legal obligation. Exit code 0: no row fails; 1: one does; 2: not in a source checkout, "
        "or no such row."
    )
    parser.add_argument("--id", action="append", metavar="ID", help="this row only, e.g. LOG-1; may be repeated")
    parser.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Judges and prints; returns the exit code."""
    rows = _chosen(obligations(CHECKOUT), arguments.id or [])
    judged = judge(rows, results(sorted({test for row in rows for test in row.tests})))
    if arguments.json:
        print_json([_form(one) for one in judged])
    else:
        _print(judged)
    return 1 if any(one.state == "fail" for one in judged) else 0


def obligations(checkout: Path) -> list[Obligation]:
    """The table.

    Errors: InvalidInput outside a source checkout.
    """
    try:
        table = tomllib.loads((checkout / TABLE).read_text())["obligation"]
    except FileNotFoundError:
        raise InvalidInput(
            "The law's tests need the source checkout: run this from a clone of the repository.",
            message_fr="Les épreuves de la loi demandent les sources : lancez cette commande depuis un clone du dépôt.",
        ) from None
    return [Obligation(**row | {name: tuple(row.get(name, ())) for name in ("code", "tests")}) for row in table]


def _chosen(rows: list[Obligation], ids: Sequence[str]) -> list[Obligation]:
    unknown = sorted(set(ids) - {row.id for row in rows})
    if unknown:
        raise InvalidInput(
            f"There is no row {', '.join(unknown)} in {TABLE}.",
            message_fr=f"Il n'y a pas de ligne {', '.join(unknown)} dans {TABLE}.",
            field="id",
        )
    return [row for row in rows if row.id in ids] if ids else rows


def results(tests: Sequence[str]) -> dict[str, bool]:
    """Each node id and whether every one of its cases passed, from one run of pytest."""
    if not tests:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        environment = {name: value for name, value in os.environ.items() if name != "BEFFROI_DATA"}
        ran = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env=environment, check=False)  # fmt: skip
        if not report.exists() or ran.returncode not in {0, 1}:
            sys.stderr.write(ran.stdout[-4000:])
            return dict.fromkeys(tests, False)
        return _read(tests, report)


def _read(tests: Sequence[str], report: Path) -> dict[str, bool]:
    """A case that was skipped counts for nothing: a test of skipped cases alone did not pass."""
    passed: dict[str, bool] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        if case.find("skipped") is None:
            key = f"{case.get('classname')}.{case.get('name', '').partition('[')[0]}"
            is_good = case.find("failure") is None and case.find("error") is None
            passed[key] = passed.get(key, True) and is_good
    keys = {test: test.replace(".py::", ".").replace("/", ".") for test in tests}
    return {test: passed.get(key, False) for test, key in keys.items()}


def judge(rows: Iterable[Obligation], passed: Mapping[str, bool]) -> list[Judged]:
    """The verdict on each row."""
    judged = []
    for row in rows:
        failed = tuple(test for test in row.tests if not passed.get(test))
        state: Literal["pass", "fail", "not built"] = "not built" if not row.built else "fail" if failed else "pass"
        judged.append(Judged(obligation=row, state=state, failed=failed))
    return judged


def _form(one: Judged) -> dict[str, object]:
    against = [offence.code for offence in offences() if one.obligation.id in offence.obligations]
    return asdict(one.obligation) | {"state": one.state, "failed": list(one.failed), "offences": against}


def _print(judged: Sequence[Judged]) -> None:
    language = 0 if is_french() else 1
    for one in judged:
        row = one.obligation
        print(f"{row.id:7} {_STATES[one.state][language]:20} {row.article}: {row.en if language else row.fr}")
        for test in one.failed:
            print(f"{'':28} {test}")
    _print_offences({one.obligation.id: one.state for one in judged}, language)
    counts = {state: sum(one.state == state for one in judged) for state in _STATES}
    print(", ".join(f"{count} {_STATES[state][language]}" for state, count in counts.items()))


def _print_offences(states: Mapping[str, str], language: int) -> None:
    """Each offence that one of the rows judged holds off, with the verdict on each of those rows."""
    for offence in offences():
        held = [f"{row} {_STATES[states[row]][language]}" for row in offence.obligations if row in states]
        if held:
            print(f"{offence.article}: {offence.en if language else offence.fr}: {', '.join(held)}")
