"""`beffroi journal verify|export|head`: is the journal whole, take it away, where it stands."""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.terminal import is_french

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from beffroi.journal.findings import Report

_SHOWN_MAX = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi journal`."""
    parser.description = (
        "The journal of who did what, when, why, to whom. `verify` reads every line again and names what was changed, "
        "dropped, moved or inserted: exit code 0 whole, 1 something was found, 2 refused before starting."
    )
    actions = parser.add_subparsers(dest="action", metavar="verify|export|head", required=True)
    common = argparse.ArgumentParser(add_help=False)
    civil.add_data_argument(common)
    common.add_argument("--json", action="store_true", help="report in JSON")
    verify = actions.add_parser("verify", parents=[common], help="read everything again")
    verify.add_argument("--witness", type=Path, metavar="FOLDER", help="compare with the heads that a witness keeps")
    export = actions.add_parser("export", parents=[common], help="write a folder that anybody can check")
    export.add_argument("folder", type=Path, metavar="DIR", help="a new folder")
    actions.add_parser("head", parents=[common], help="the newest signed head")


def run(arguments: argparse.Namespace) -> int:
    """Does it; returns the exit code."""
    os.umask(0o077)
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    return {"verify": _verify, "export": _export, "head": _head}[arguments.action](arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from beffroi.journal.verify import verify

    report = verify(witness_folder=arguments.witness)
    if arguments.json:
        print_json(_form(report))
    else:
        _print(report)
    return 0 if report.is_whole else 1


def _form(report: Report) -> dict[str, Any]:
    form = asdict(report) | {"whole": report.is_whole}
    form["findings"] = [
        asdict(one) | {"message": one.said(french=False), "message_fr": one.said(french=True)}
        for one in report.findings
    ]
    return form


def _print(report: Report) -> None:
    french = is_french()
    for finding in report.findings[:_SHOWN_MAX]:
        print(finding.said(french=french))
    more = report.found - min(len(report.findings), _SHOWN_MAX)
    if more:
        print(f"… et {more} de plus" if french else f"… and {more} more")
    stamped = report.stamps or ("non horodaté par un tiers" if french else "not dated by a third party")
    if french:
        print(
            f"{report.lines} lignes depuis la {report.first}, {report.heads} têtes, {report.unsigned} lignes pas "
            f"encore signées, jetons : {stamped}, témoin : {report.witnessed or '–'}"
        )
        print("entier" if report.is_whole else f"{report.found} anomalies")
        return
    print(
        f"{report.lines} lines from {report.first} on, {report.heads} heads, {report.unsigned} lines not signed yet, "
        f"tokens: {stamped}, witness: {report.witnessed or '–'}"
    )
    print("whole" if report.is_whole else f"{report.found} found")


def _export(arguments: argparse.Namespace) -> int:
    from beffroi.journal.export import export

    made = export(arguments.folder, time.time_ns() // 1000)
    if arguments.json:
        print_json(asdict(made) | {"folder": str(made.folder)})
    else:
        print(f"{made.folder}: {made.lines} lines, {made.heads} heads, {made.tokens} tokens")
        print(f"python3 {made.folder}/verify.py")
    return 0


def _public_key_sha256(key: Ed25519PublicKey) -> str:
    """Of the `public.pem` that an export holds: what its `verify.py` prints as the key's."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _head(arguments: argparse.Namespace) -> int:
    from django.conf import settings

    from beffroi.core.instants import to_rfc3339
    from beffroi.journal import queries

    state = queries.state(time.time_ns() // 1000)
    head = state.head
    form = {
        "lines": state.size,
        "first": state.first,
        "number": head.number if head else None,
        "size": head.size if head else 0,
        "root": bytes(head.root).hex() if head else "",
        "at": to_rfc3339(head.at_us) if head else "",
        "stamped": state.stamped.number if state.stamped else None,
        "witness": state.has_witness,
        "witness_waits_s": state.witness_waits_us // 1_000_000,
        "witness_split": state.split_number,
        "public_key_sha256": _public_key_sha256(settings.SITE_KEY.journal_head_key.public_key()),
    }
    if arguments.json:
        print_json(form)
    else:
        print("\n".join(f"{name}: {'–' if value in (None, '') else value}" for name, value in form.items()))
    return 0 if head else 1
