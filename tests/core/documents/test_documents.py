"""Documents are PDF/A-2a and PDF/UA-1, say their language and title, and take any text as text."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from beffroi.core import documents
from beffroi.core.documents import document_pdf
from beffroi.core.documents.blocks import percent
from beffroi.core.errors import Internal

AT = dt.datetime(2026, 11, 12, 9, 30, tzinfo=dt.UTC)
SHEET: dict[str, Any] = {
    "title": "Bordereau de remise",
    "town": "Ville de Millau",
    "fictional": "jeu fictif",
    "frame": "CPP, art. 60-1",
    "rows": [["Place du Mandarous", "10 min"]] * 60,
}


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A template beside a copy of the look: the tests' own lies outside the package."""
    look = tmp_path / "core" / "documents" / "look.typ"
    look.parent.mkdir(parents=True)
    look.write_bytes((documents.PACKAGE / "core" / "documents" / "look.typ").read_bytes())
    sheet = tmp_path / "sheet.typ"
    sheet.write_bytes(Path(__file__).with_name("sheet.typ").read_bytes())
    monkeypatch.setattr(documents, "PACKAGE", tmp_path)
    return sheet


def test_a_document_is_archivable_and_can_be_read_aloud(template: Path) -> None:
    with pikepdf.open(io.BytesIO(document_pdf(template, SHEET, made_at=AT))) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfaid:conformance"], told["pdfuaid:part"]) == ("2", "A", "1")
        assert told["dc:title"] == "Bordereau de remise"
        assert str(pdf.Root.Lang) == "fr" and bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.StructTreeRoot.Type) == "/StructTreeRoot"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert len(pdf.pages) == 2


def test_every_font_is_inside_and_none_is_the_machines(template: Path) -> None:
    with pikepdf.open(io.BytesIO(document_pdf(template, SHEET, made_at=AT))) as pdf:
        names = {str(one.FontName) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one}
        files = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one]
        assert all(any(key in one for key in ("/FontFile", "/FontFile2", "/FontFile3")) for one in files)
        assert {name.split("+")[1].split("-")[0] for name in names} == {"LibertinusSerif", "DejaVuSansMono"}


def test_the_same_document_has_the_same_bytes(template: Path) -> None:
    assert document_pdf(template, SHEET, made_at=AT) == document_pdf(template, SHEET, made_at=AT)


def test_a_text_that_looks_like_source_stays_text(template: Path) -> None:
    hostile = '#panic("lu") *gras* $x$ #read("/etc/passwd") \\ " ] }'
    with pikepdf.open(io.BytesIO(document_pdf(template, SHEET | {"title": hostile}, made_at=AT))) as pdf:
        assert str(pdf.docinfo.Title) == hostile


def test_a_template_reads_nothing_outside_the_package(template: Path) -> None:
    template.write_text('#read("../../../../../../../../etc/passwd")')
    with pytest.raises(Internal, match=r"sheet\.typ could not be drawn"):
        document_pdf(template, SHEET, made_at=AT)


def test_a_missing_field_is_said_with_the_template(template: Path) -> None:
    with pytest.raises(Internal, match=r"sheet\.typ could not be drawn"):
        document_pdf(template, {"title": "x"}, made_at=AT)


def test_a_share_that_is_not_nothing_is_never_written_as_nothing() -> None:
    written = [percent(share).replace("\u00a0", " ") for share in (0.0, 0.0002, 0.0006, 0.123)]
    assert written == ["0,0 %", "moins de 0,1 %", "0,1 %", "12,3 %"]
