"""A pack holds the images as recorded, what proves them, who asked and who answered; it is finished or it is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unavailable
from beffroi.evidence.packs import verifier
from beffroi.evidence.packs.contract import PackOrder, PackPerson
from beffroi.evidence.packs.making import make_pack, packs_folder

pytestmark = pytest.mark.django_db


def manifest(pack: Path) -> Any:
    return json.loads((pack / "manifest.json").read_bytes())


def found(pack: Path) -> list[verifier.Finding]:
    checked = verifier.Verifier(pack)
    checked.run()
    return checked.found


def test_a_pack_is_whole(order: PackOrder) -> None:
    made = make_pack(order)
    assert found(made.folder) == []
    assert made.folder == packs_folder() / "R-2026-039" and made.originals == 2
    assert made.manifest_sha256 == hashlib.sha256((made.folder / "manifest.json").read_bytes()).hexdigest()
    assert not list(packs_folder().glob(".making-*"))


def test_the_manifest_says_who_asked_who_chose_and_what_is_missing(pack: Path, order: PackOrder) -> None:
    told = manifest(pack)
    assert told["requisition"]["procedure"] == "2026/01234" and told["people"]["validator"]["name"] == "Jean Vidal"
    (camera,) = told["cameras"]
    assert [gap["cause"] for gap in camera["gaps"]] == ["silent"]
    assert camera["given"]["from_at_us"] <= order.from_at_us and camera["given"]["to_at_us"] >= order.to_at_us
    assert camera["given"]["from_at_us"] > order.from_at_us - 2_000_000, "at most a group of pictures more"
    assert told["stamp"] == "non horodaté par un tiers" and told["town"]["fictional"]
    assert camera["clock"]["offset_ms"] is None and "node_synchronised" in camera["clock"]


def test_making_twice_tells_the_same_pack(order: PackOrder) -> None:
    assert make_pack(order) == make_pack(order)
    with pytest.raises(Conflict):
        make_pack(replace(order, id="p2"))


def test_a_span_without_images_makes_no_pack(order: PackOrder) -> None:
    with pytest.raises(NotFound) as refusal:
        make_pack(replace(order, from_at_us=order.from_at_us - 10**9, to_at_us=order.from_at_us - 9 * 10**8))
    assert "négatif" in refusal.value.message_fr
    assert not (packs_folder() / order.number).exists()


def test_footage_that_is_not_journalled_yet_waits(order: PackOrder) -> None:
    now_us = order.received_at_us + 600_000_000
    with pytest.raises(Unavailable) as refusal:
        make_pack(replace(order, from_at_us=now_us - 20_000_000, to_at_us=now_us - 10_000_000))
    assert "trois minutes" in refusal.value.message_fr


def test_who_may_not_export_makes_no_pack(order: PackOrder, agent_with: Callable[..., Any]) -> None:
    stranger = PackPerson(name="x", id=agent_with().pk)
    with pytest.raises(NotPermitted):
        make_pack(replace(order, chooser=stranger))
    assert not (packs_folder() / order.number).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("procedure", ""),
        ("frame", ""),
        ("cameras", ()),
        ("number", "../R-1"),
        ("to_at_us", 0),
        ("recipient", PackPerson(name="")),
        ("chooser", PackPerson(name="Claire Roux")),
    ],
)
def test_an_order_without_a_field_names_it(order: PackOrder, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        replace(order, **{field: value})
    assert refusal.value.field == field


def test_nobody_validates_their_own_choice(order: PackOrder) -> None:
    with pytest.raises(InvalidInput) as refusal:
        replace(order, validator=replace(order.chooser, name="autre"))
    assert refusal.value.field == "validator" and "seconde personne" in refusal.value.message_fr
