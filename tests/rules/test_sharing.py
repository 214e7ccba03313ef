"""A link to a service elsewhere stands on an order that says so, or on an act of urgency with its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.oversee.sharing.rules import Ordered, Terms, until_on

ORDER = Ordered(
    number="2026-12",
    is_in_force=True,
    until_on=date(2030, 1, 1),
    cameras=frozenset({"c01", "c02"}),
    recipients=frozenset({"commissariat"}),
)
GOOD = Terms(service="commissariat", cameras=frozenset({"c01"}), order=ORDER, article="art. 5")
URGENT = Terms(
    service="gendarmerie", cameras=frozenset({"c01"}), urgency_act="U-3", urgency_on=date(2026, 11, 30),
    until_on=date(2027, 3, 30),
)  # fmt: skip


def test_it_lives_as_long_as_its_order_or_less() -> None:
    assert until_on(GOOD) == date(2030, 1, 1)
    assert until_on(replace(GOOD, until_on=date(2027, 1, 1))) == date(2027, 1, 1)
    assert until_on(replace(GOOD, until_on=date(2031, 1, 1))) == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order": None, "article": ""}, "order"),
        ({"order": replace(ORDER, is_in_force=False)}, "order"),
        ({"article": " "}, "article"),
        ({"service": "police municipale"}, "service"),
        ({"cameras": frozenset({"c01", "c03"})}, "cameras"),
    ],
)
def test_what_the_order_does_not_say_is_barred_with_its_article(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BarredByLaw) as refusal:
        until_on(replace(GOOD, **change))
    assert (refusal.value.field, refusal.value.article) == (field, "CSI L252-3")


def test_urgency_has_its_day_and_ends_within_four_months() -> None:
    assert until_on(URGENT) == date(2027, 3, 30)
    with pytest.raises(BarredByLaw):
        until_on(replace(URGENT, until_on=date(2027, 3, 31)))
    for name in ("urgency_on", "until_on"):
        without: dict[str, Any] = {name: None}
        with pytest.raises(InvalidInput) as refusal:
            until_on(replace(URGENT, **without))
        assert refusal.value.field == name


def test_a_link_names_its_cameras() -> None:
    with pytest.raises(InvalidInput):
        until_on(replace(GOOD, cameras=frozenset()))
