"""`beffroi footage`: list, check or export a footage folder, in use or at rest, without web or node."""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from beffroi.cli.main import print_json
from beffroi.core.clock import SystemClock
from beffroi.core.errors import BarredByLaw, DataLoss, InvalidInput
from beffroi.core.instants import from_rfc3339, to_rfc3339
from beffroi.engine.contract import StreamName
from beffroi.engine.export import ExportManifest, export_span
from beffroi.engine.index.events import StreamKey
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import GapRow, StreamSummary
from beffroi.engine.index.table import MalformedTable
from beffroi.engine.keys import open_ring
from beffroi.engine.record.check import CheckReport, check
from beffroi.engine.record.folder import read_marker
from beffroi.engine.record.recovery import adopt_left, unindexed
from beffroi.engine.vault.wrapping import FootageSealed

HELP = "list, check or export a footage folder"
_END = 1 << 62


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list DIR`, `check DIR`, `export DIR --camera C --from T --to T --out F.mp4`.

    `export` is for plain footage, of a trial or a bench: no keys open a town's pictures by hand, they leave on a
    requisition (CPP 60-1).
    """
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("list", "what was recorded: streams, files, spans, gaps"),
        ("check", "test that index and files agree; changes nothing"),
        ("export", "copy a span of plain footage into one MP4 file, bit for bit"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text.capitalize()}.")
        action.add_argument("folder", metavar="DIR", type=Path)
        if name == "check":
            action.add_argument(
                "--vault", metavar="NODE", type=Path, help="folder of the node whose keys open it (node.key and vault)"
            )
        action.add_argument("--json", action="store_true", help="print one JSON document")
        if name == "export":
            _add_export_arguments(action)


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--camera", metavar="C", required=True)
    parser.add_argument("--stream", choices=[str(name) for name in StreamName], default="main")
    for bound, meaning in (("from", "first"), ("to", "end")):
        parser.add_argument(
            f"--{bound}",
            dest=f"{bound}_at",
            metavar="T",
            required=True,
            help=f"{meaning} instant, RFC 3339 with its offset, e.g. 2026-11-06T15:42:08+01:00",
        )
    parser.add_argument("--out", metavar="F.mp4", type=Path, required=True, help="a file that does not exist yet")


def run(arguments: argparse.Namespace) -> int:
    """0 done; 1 the check found something, or there is nothing to export; 2 refused."""
    read_marker(arguments.folder)
    actions = {"list": _list, "check": _check, "export": _export}
    try:
        return actions[arguments.action](arguments)
    except (sqlite3.DatabaseError, MalformedTable) as error:
        raise DataLoss(
            f"The index of {arguments.folder} cannot be read ({error}); run `beffroi footage check`.",
            message_fr=f"L'index de {arguments.folder} ne peut pas être lu ({error}) ; lancez `beffroi footage check`.",
        ) from None


def _list(arguments: argparse.Namespace) -> int:
    adopt_left(arguments.folder, None)
    with FootageReader(arguments.folder) as reader:
        streams: list[dict[str, Any]] = [
            {
                "camera": one.camera,
                "stream": one.stream.value,
                "files": one.files,
                "bytes": one.bytes,
                "oldest_at": _instant(one.oldest_at_us),
                "newest_at": _instant(one.newest_at_us),
                "gaps": [_gap(gap) for gap in reader.gaps(one.camera, one.stream, 0, _END)],
            }
            for one in sorted(reader.streams(), key=_by_name)
        ]
        behind = unindexed(reader)
    files, span_us = len(behind), sum(one.to_at_us - one.from_at_us for one in behind)
    if arguments.json:
        left = {"unindexed_files": files, "unindexed_us": span_us}
        print_json({"folder": str(arguments.folder), "streams": streams, **left})
        return 0
    _warn_of_unindexed(files, span_us)
    for stream in streams:
        print(
            f"{stream['camera']} {stream['stream']}: {stream['files']} files, {stream['bytes']} bytes, "
            f"{stream['oldest_at'] or '-'} to {stream['newest_at'] or '-'}, {len(stream['gaps'])} gaps"
        )
    return 0


def _warn_of_unindexed(files: int, span_us: int) -> None:
    """What a killed node left behind its last tick, and we may not adopt: not our folder, or not our keys."""
    if files:
        print(
            f"beffroi: {span_us / 1e6:.1f} s in {files} {'file' if files == 1 else 'files'} are not in the index yet; "
            "the next start on this folder adopts them.",
            file=sys.stderr,
        )


def _by_name(stream: StreamSummary) -> tuple[list[tuple[int, str]], str]:
    """As people count: c2 before c10."""
    words = re.split(r"(\d+)", stream.camera)
    return [(int(word), "") if word.isdecimal() else (0, word) for word in words], stream.stream.value


def _check(arguments: argparse.Namespace) -> int:
    with _bar("files", scale=False, quiet=arguments.json) as bar:
        keys = open_ring(arguments.vault) if arguments.vault else None
        report = check(arguments.folder, now_us=SystemClock().now_us(), keys=keys, progress=_follow(bar))
    if arguments.json:
        print_json({"clean": not report.findings, **asdict(report)})
    else:
        _print_check(report)
    return 1 if report.findings else 0


def _print_check(report: CheckReport) -> None:
    _warn_of_unindexed(report.unindexed_files, report.unindexed_us)
    for finding in report.findings:
        print(f"{finding.invariant}: {finding.where}: {finding.what}")
    verdict = f"{len(report.findings)} findings" if report.findings else "clean"
    print(f"{report.folder}: {report.files} files, {report.fragments} fragments, {report.bytes} bytes: {verdict}")


def _export(arguments: argparse.Namespace) -> int:
    from_at_us, to_at_us = _parsed(arguments.from_at, "from"), _parsed(arguments.to_at, "to")
    if to_at_us <= from_at_us:
        raise InvalidInput("--to must be after --from.", message_fr="--to doit suivre --from.", field="to")
    adopt_left(arguments.folder, None)
    with FootageReader(arguments.folder) as reader, _bar("B", scale=True, quiet=arguments.json) as bar:
        _warn_of_unindexed_in(reader, StreamKey(arguments.camera, StreamName(arguments.stream)), (from_at_us, to_at_us))
        try:
            manifest = export_span(
                reader,
                arguments.camera,
                StreamName(arguments.stream),
                from_at_us=from_at_us,
                to_at_us=to_at_us,
                out=arguments.out,
                progress=_follow(bar),
            )
        except FootageSealed:
            raise _by_requisition() from None
    if arguments.json:
        print_json(manifest_document(manifest))
    else:
        print(
            f"{arguments.out}: {manifest.frames} frames, {manifest.bytes} bytes, "
            f"asked {to_rfc3339(manifest.asked_from_at_us)} to {to_rfc3339(manifest.asked_to_at_us)}, "
            f"given {to_rfc3339(manifest.given_from_at_us)} to {to_rfc3339(manifest.given_to_at_us)}, "
            f"{len(manifest.gaps)} gaps, SHA-256 {manifest.sha256}"
        )
    return 0


def _by_requisition() -> BarredByLaw:
    return BarredByLaw(
        "These pictures are a town's and encrypted: nobody takes them by hand. They leave on a requisition, from its "
        "page.",
        message_fr="Ces images sont celles d'une ville, chiffrées : personne ne les prend à la main. Elles sortent sur "
        "réquisition, depuis sa page.",
        article="CPP 60-1",
        field="folder",
    )


def _warn_of_unindexed_in(reader: FootageReader, key: StreamKey, span: tuple[int, int]) -> None:
    parts = [min(one.to_at_us, span[1]) - max(one.from_at_us, span[0]) for one in unindexed(reader) if one.key == key]
    inside = [part for part in parts if part > 0]
    _warn_of_unindexed(len(inside), sum(inside))


def manifest_document(manifest: ExportManifest) -> dict[str, Any]:
    """A manifest as JSON for people and scripts: instants in RFC 3339."""
    return {
        "camera": manifest.camera,
        "stream": manifest.stream.value,
        "asked": _span(manifest.asked_from_at_us, manifest.asked_to_at_us),
        "given": _span(manifest.given_from_at_us, manifest.given_to_at_us),
        "frames": manifest.frames,
        "bytes": manifest.bytes,
        "sha256": manifest.sha256,
        "runs": [
            {"run": run.run, "track": run.track, "frames": run.frames, **_span(run.from_at_us, run.to_at_us)}
            for run in manifest.runs
        ],
        "gaps": [_gap(gap) for gap in manifest.gaps],
        "configs": [
            {"track": track, "codec": one.mime_codec, "width_px": one.width_px, "height_px": one.height_px}
            for track, one in enumerate(manifest.configs, 1)
        ],
    }


def _parsed(text: str, field: str) -> int:
    try:
        return from_rfc3339(text)
    except ValueError:
        raise InvalidInput(
            f"--{field}: {text!r} is not an instant; write it like 2026-11-06T15:42:08+01:00.",
            message_fr=f"--{field} : {text!r} n'est pas un instant ; écrivez par exemple 2026-11-06T15:42:08+01:00.",
            field=field,
        ) from None


def _instant(at_us: int | None) -> str | None:
    return to_rfc3339(at_us) if at_us else None


def _span(from_at_us: int, to_at_us: int | None) -> dict[str, str | None]:
    return {"from_at": _instant(from_at_us), "to_at": _instant(to_at_us)}


def _gap(gap: GapRow) -> dict[str, str | None]:
    return {**_span(gap.from_at_us, gap.to_at_us), "cause": gap.cause.value}


Bar = Any  # tqdm is generic over what it counts; nothing is iterated here


def _bar(unit: str, *, scale: bool, quiet: bool) -> AbstractContextManager[Bar]:
    """A progress bar on a terminal, else nothing."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    return tqdm(unit=unit, unit_scale=scale, leave=False)


def _follow(bar: Bar) -> Any:
    def progress(done: int, total: int) -> None:
        if bar is not None:
            bar.total = total
            bar.update(done - bar.n)

    return progress
