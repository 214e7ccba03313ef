"""The slip says how well the recorder's clock was known while it recorded, and says so when it was not."""

from __future__ import annotations

from typing import Any

import pytest

from beffroi.core.instants import US_PER_S
from beffroi.evidence.packs.contract import PackOrder
from beffroi.evidence.packs.making import make_pack
from beffroi.evidence.packs.slip import _clock_note
from beffroi.operate.clocks import hourly
from beffroi.operate.models import Device, Node, NodeFact

HOUR_US = 3600 * US_PER_S
START_US = 1_790_000_000_000_000


def note(*hours: tuple[str, float | None], at_export: bool | None = True) -> str:
    told = [{"at_us": START_US, "state": state, "error_ms": error_ms} for state, error_ms in hours]
    clock: dict[str, Any] = {"offset_ms": 40, "measured_at_us": START_US, "node_synchronised": at_export}
    clock |= {"node_error_ms": 5.0 if at_export else None, "hourly": told}
    return _clock_note({"cameras": [{"clock": clock}]})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (note(("synchronised", 8.0), ("synchronised", 41.0)), "synchronisée pendant la période, à ± 41 ms près;"),
        (note(("synchronised", 340.0)), "à ± 340 ms près (plus de 100 ms);"),
        (note(("synchronised", 8.0), ("unsynchronised", None)), "NON synchronisée pendant la période;"),
        (note(("unknown", None)), "ne dit pas si son horloge est synchronisée;"),
        (note(), "synchronisée à l'export, à ± 5 ms près;"),
        (note(at_export=False), "NON synchronisée à l'export;"),
        (note(at_export=None), "ne dit pas si son horloge est synchronisée;"),
    ],
)
def test_the_worst_of_the_period_is_what_is_printed(said: str, expected: str) -> None:
    assert expected.removesuffix(";") + ". L'écart" in said


@pytest.mark.django_db
def test_the_hours_of_the_span_and_the_one_before_are_evidence(device: Device) -> None:
    for seq, (hour, state) in enumerate(
        ((-2.5, "unknown"), (-0.5, "synchronised"), (0.5, "unsynchronised"), (3, "unknown"))
    ):
        detail: dict[str, Any] = {"state": state} | ({"error_us": 12_500} if state == "synchronised" else {})
        at_us = START_US + round(hour * HOUR_US)
        NodeFact.objects.create(node=device.node, seq=seq, kind="clock-state", at_us=at_us, detail=detail)
    found = hourly("n1", START_US, START_US + 2 * HOUR_US)
    assert [(one["state"], one["error_ms"]) for one in found] == [("synchronised", 12.5), ("unsynchronised", None)]


@pytest.mark.django_db
def test_the_manifest_carries_them(order: PackOrder) -> None:
    NodeFact.objects.create(node=Node.objects.get(), seq=10**9, kind="clock-state", at_us=order.from_at_us + 1,
                            detail={"state": "synchronised", "error_us": 9_000})  # fmt: skip
    made = make_pack(order)
    manifest = (made.folder / "manifest.json").read_text()
    assert '"hourly":[{"at_us":' in manifest.replace(" ", "").replace("\n", "")
