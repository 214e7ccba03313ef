"""Pictures leave on a medium that cannot be rewritten, and the reader on another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.evidence.media import LARGE_BYTES, Carried, Exemption, check

DISC = Carried(size_bytes=10**9, medium="disc", serial="BD-1", reader_medium="disc", reader_serial="CD-2")


def test_two_discs_with_their_numbers_may_leave() -> None:
    check(DISC)


@pytest.mark.parametrize(("medium", "size_bytes"), [("usb", 10**9), ("usb", 10**12), ("drive", LARGE_BYTES)])
def test_a_rewritable_medium_is_refused_with_its_article_unless_a_reason_of_the_list_is_given(
    medium: str, size_bytes: int
) -> None:
    asked = replace(DISC, medium=medium, size_bytes=size_bytes)
    with pytest.raises(BarredByLaw) as caught:
        check(asked)
    assert (caught.value.article, caught.value.field) == ("arrêté du 3 août 2007, art. 3", "medium")
    with pytest.raises(InvalidInput):
        check(replace(asked, exemption="because"))
    for exemption in Exemption:
        check(replace(asked, exemption=exemption))


def test_a_hard_disk_carries_what_no_disc_holds() -> None:
    check(replace(DISC, medium="drive", size_bytes=LARGE_BYTES + 1))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"serial": " "}, "medium_reference"),
        ({"medium": "tape"}, "medium"),
        ({"medium": "paper"}, "medium"),
        ({"reader_medium": ""}, "reader_medium"),
        ({"reader_medium": "paper"}, "reader_medium"),
        ({"reader_medium": "tape"}, "reader_medium"),
        ({"reader_serial": "BD-1"}, "reader_reference"),
        ({"reader_serial": ""}, "reader_reference"),
    ],
)
def test_what_is_missing_is_named(changed: dict[str, str], field: str) -> None:
    with pytest.raises((InvalidInput, BarredByLaw)) as caught:
        check(replace(DISC, **changed))  # type: ignore[arg-type]  # names of text fields
    assert caught.value.field == field


def test_an_exchange_platform_has_no_number_and_a_negative_answer_no_medium_of_pictures() -> None:
    check(replace(DISC, medium="platform", serial="", reader_medium="platform", reader_serial=""))
    check(Carried(size_bytes=0, medium="paper"))
