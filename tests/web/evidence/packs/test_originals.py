"""Originals are read by everybody's tools and are what was recorded; the working copy is not taken for them."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pikepdf
import pytest

from beffroi.core.instants import from_us
from beffroi.evidence.packs.boxes import meta_box
from beffroi.evidence.packs.contract import PackOrder
from beffroi.evidence.packs.making import make_pack

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def told(pack: Path) -> Any:
    return json.loads((pack / "manifest.json").read_text())


def boxes(content: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        found[kind] = content[at + 8 : at + size]
        at += size
    return found


def test_ffprobe_and_ffmpeg_read_every_original_to_its_last_frame(pack: Path) -> None:
    for one in told(pack)["originals"]:
        path = str(pack / one["path"])
        probe = subprocess.run(
            ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", path],
            capture_output=True, check=True,
        )  # fmt: skip
        (stream,) = json.loads(probe.stdout)["streams"]
        assert not probe.stderr and int(stream["nb_read_frames"]) == one["frames"]
        assert (stream["codec_type"], stream["width"], stream["height"]) == ("video", one["width_px"], one["height_px"])
        ran = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, check=True)
        assert not ran.stderr


def test_samples_are_bit_for_bit_those_that_the_recorder_logged(pack: Path) -> None:
    proofs = json.loads((pack / "preuves/images.json").read_text())
    for one in told(pack)["originals"]:
        content = (pack / one["path"]).read_bytes()
        with av.open(str(pack / one["path"])) as container:
            packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        at = 0
        for fragment in one["fragments"]:
            samples = b"".join(packets[at : at + fragment["frames"]])
            at += fragment["frames"]
            digest = hashlib.sha256(samples).hexdigest()
            assert digest == fragment["payload_sha256"]
            assert proofs["files"][fragment["file"]]["digests"][64 * fragment["number"] :][:64] == digest
            assert samples == content[fragment["offset"] + fragment["boxes"] :][: len(samples)]
        assert at == len(packets) == one["frames"]


def test_the_start_time_box_is_that_of_the_export_file_format(pack: Path) -> None:
    for one in told(pack)["originals"]:
        head = (pack / one["path"]).read_bytes()[: one["head_bytes"]]
        inner = boxes(boxes(head)[b"meta"][4:])
        count, track, start = struct.unpack(">IIQ", inner[b"cstb"])
        assert (count, track) == (1, 1)
        at = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=start // 10)
        assert at == from_us(one["start_at_us"])
        assert inner[b"hdlr"][8:12] == b"null"
        assert inner[b"suep"][:4] == b"\x01\0\0\0" and b"Claire Roux\0" in inner[b"suep"]


def test_no_text_breaks_out_of_a_box() -> None:
    made = meta_box(10**15, unit="Ville\0x", operator="é" * 50, camera="C\0", exported_at_us=10**15)
    assert len(made) == struct.unpack_from(">I", made)[0]
    assert boxes(boxes(made)[b"meta"][4:])[b"suep"].startswith(b"\x01\0\0\0Villex\0\0\0")


def test_a_working_copy_is_h264_with_its_words_burnt_in(order: PackOrder) -> None:
    pack = make_pack(replace(order, wants_working_copy=True)).folder
    form = told(pack)
    copies = form["cameras"][0]["working_copies"]
    assert len(copies) == 2 and {"copie-de-travail"} == {name.split("/")[0] for name in copies}
    for name, one in zip(copies, form["originals"], strict=True):
        with av.open(str(pack / name)) as copy, av.open(str(pack / one["path"])) as original:
            assert copy.streams.video[0].codec_context.name == "h264" and not copy.streams.audio
            pictures = [frame.to_ndarray(format="gray") for frame in copy.decode(video=0)]
            first = next(original.decode(video=0)).to_ndarray(format="gray")
        assert len(pictures) == one["frames"]
        band = pictures[0][-10:]
        assert (band < 40).mean() > 0.5 and (band > 120).any(), "dark band, light words"
        assert abs(pictures[0][: len(first) // 2].astype(int) - first[: len(first) // 2]).mean() < 8


def test_the_slip_is_an_archivable_pdf_that_names_the_digest_for_the_report(pack: Path) -> None:
    with pikepdf.open(pack / "bordereau.pdf") as pdf, pdf.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "2" and metadata["pdfuaid:part"] == "1"
        assert str(pdf.docinfo.Title) == "Bordereau de remise d'images" and str(pdf.Root.Lang) == "fr"
