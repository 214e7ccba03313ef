"""The pieces of R. 252-3: which a dossier is made of, what each lacks, when silence is a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from beffroi.authorise.assessment.rules import Due, Reopening
from beffroi.authorise.dossier.pieces import (
    CameraEntry,
    DossierFile,
    DossierKind,
    DossierMode,
    Lack,
    Piece,
    missing_of,
    pieces_of,
    timer_of,
)

CAMERA = CameraEntry(id="c01", number="C01", zone="z01", site="s01")
WHOLE = DossierFile(
    kind=DossierKind.NEW,
    mode=DossierMode.PIECES,
    has_order_replaced=False,
    zone_purposes={"z01": "safety"},
    purposes=frozenset({"safety"}),
    cameras=(CAMERA,),
    evidenced_zones=frozenset({"z01"}),
    texts=frozenset({"context", "alternatives", "premises", "incidents", "retention-reason", "rights-arrangements"}),
    contacts=frozenset({"controller", "service", "dpo", "rights", "commission", "maintainer"}),
    signed_sites=frozenset({"s01"}),
    attached=frozenset({Piece.CONFORMITY}),
    has_installer_certificate=False,
    is_undertaking_sent=True,
)  # fmt: skip


def lacks(file: DossierFile) -> list[tuple[Piece, Lack, str]]:
    return [(one.piece, one.lack, one.subject) for one in missing_of(file)]


def test_a_whole_dossier_lacks_nothing_in_either_mode() -> None:
    assert lacks(WHOLE) == []
    assert lacks(replace(WHOLE, mode=DossierMode.ASSESSMENT)) == []


def test_the_full_form_has_eleven_pieces_and_none_for_shops() -> None:
    pieces = pieces_of(WHOLE)
    assert len(pieces) == 11
    assert Piece.SHOPS not in pieces


def test_an_impact_assessment_leaves_four_other_pieces() -> None:
    pieces = pieces_of(replace(WHOLE, mode=DossierMode.ASSESSMENT))
    assert pieces == (
        Piece.ASSESSMENT, Piece.BLOCK_PLAN, Piece.DETAIL_PLAN, Piece.CONFORMITY, Piece.UNDERTAKING,
    )  # fmt: skip


def test_a_perimeter_plan_stands_for_both_plans() -> None:
    pieces = pieces_of(replace(WHOLE, perimeter_share=0.1, max_cameras=10))
    assert Piece.PERIMETER_PLAN in pieces
    assert not {Piece.BLOCK_PLAN, Piece.DETAIL_PLAN} & set(pieces)


@pytest.mark.parametrize(
    ("change", "lack"),
    [
        ({"cameras": ()}, (Piece.REPORT, Lack.NO_CAMERA, "")),
        ({"purposes": frozenset()}, (Piece.REPORT, Lack.NO_PURPOSE, "")),
        ({"purposes": frozenset({"rescue"})}, (Piece.REPORT, Lack.ZONE_PURPOSE, "z01:safety")),
        ({"evidenced_zones": frozenset()}, (Piece.REPORT, Lack.NO_EVIDENCE, "z01")),
        ({"texts": WHOLE.texts - {"retention-reason"}}, (Piece.RETENTION, Lack.NO_TEXT, "retention-reason")),
        ({"contacts": WHOLE.contacts - {"dpo"}}, (Piece.INFORMATION, Lack.NO_CONTACT, "dpo")),
        ({"signed_sites": frozenset()}, (Piece.INFORMATION, Lack.NO_SIGN, "s01")),
        ({"attached": frozenset()}, (Piece.CONFORMITY, Lack.NO_ATTESTATION, "")),
        ({"is_undertaking_sent": False}, (Piece.UNDERTAKING, Lack.NO_UNDERTAKING, "")),
        ({"kind": DossierKind.RENEWAL}, (Piece.REPORT, Lack.NO_ORDER_REPLACED, "")),
        ({"cameras": (replace(CAMERA, nonconforming=("TEC-9",)),)},
         (Piece.CONFORMITY, Lack.NOT_CONFORMING, "c01:TEC-9")),
        ({"cameras": (replace(CAMERA, unmasked_dwellings=("b12", "b14")),)},
         (Piece.BLOCK_PLAN, Lack.DWELLING_UNMASKED, "c01:b12,b14")),
        ({"cameras": (replace(CAMERA, is_inside_building=True),)}, (Piece.BLOCK_PLAN, Lack.INSIDE_BUILDING, "c01")),
        ({"cameras": (replace(CAMERA, is_inside_town=False),)}, (Piece.BLOCK_PLAN, Lack.OUTSIDE_TOWN, "c01")),
        ({"must_consult": True}, (Piece.REPORT, Lack.HIGH_RISK, "")),
    ],
)  # fmt: skip
def test_each_lack_is_named_with_its_piece_and_its_article(
    change: dict[str, object], lack: tuple[Piece, Lack, str]
) -> None:
    file = replace(WHOLE, **change)  # type: ignore[arg-type]  # fields of the file
    assert lack in lacks(file)
    assert all(one.article for one in missing_of(file))


def test_with_an_assessment_it_must_be_approved_describe_the_phase_and_leave_no_high_risk() -> None:
    asked = replace(WHOLE, mode=DossierMode.ASSESSMENT)
    assert lacks(replace(asked, reopenings=(Reopening(due=Due.NONE_APPROVED),))) == [
        (Piece.ASSESSMENT, Lack.NO_ASSESSMENT, "")
    ]
    again = (Reopening(due=Due.PHASE, subject="p3"), Reopening(due=Due.DRIFT, subject="c25"))
    assert lacks(replace(asked, reopenings=again)) == [
        (Piece.ASSESSMENT, Lack.ASSESSMENT_REVIEW, "phase:p3"), (Piece.ASSESSMENT, Lack.ASSESSMENT_REVIEW, "drift:c25"),
    ]  # fmt: skip
    assert lacks(replace(asked, must_consult=True)) == [(Piece.ASSESSMENT, Lack.HIGH_RISK, "")]


@pytest.mark.parametrize(
    ("share", "most", "camera", "lack"),
    [
        (0.95, 10, CAMERA, Lack.PERIMETER_TOO_WIDE),
        (0.2, 0, CAMERA, Lack.TOO_MANY_FOR_PERIMETER),
        (0.2, 10, replace(CAMERA, is_inside_perimeter=False), Lack.OUTSIDE_PERIMETER),
    ],
)
def test_a_perimeter_has_bounds(share: float, most: int, camera: CameraEntry, lack: Lack) -> None:
    file = replace(WHOLE, perimeter_share=share, max_cameras=most, cameras=(camera,))
    assert lack in [one.lack for one in missing_of(file)]


def test_a_certified_installer_stands_for_the_questionnaire() -> None:
    bad = replace(CAMERA, nonconforming=("TEC-9",))
    assert lacks(replace(WHOLE, attached=frozenset(), has_installer_certificate=True, cameras=(bad,))) == []


def test_four_months_of_silence_are_a_refusal() -> None:
    timer = timer_of(date(2026, 10, 31))
    assert (timer.commission_by, timer.implied_refusal_on) == (date(2027, 1, 31), date(2027, 2, 28))
    assert timer_of(date(2026, 10, 31), commission_extended=True).commission_by == date(2027, 2, 28)


def test_a_camera_without_a_role_blocks_the_dossier_even_of_a_certified_installer() -> None:
    blind = replace(CAMERA, has_role=False)
    missing = lacks(replace(WHOLE, has_installer_certificate=True, cameras=(blind,)))
    assert missing == [(Piece.CONFORMITY, Lack.NO_ROLE, CAMERA.id)]
