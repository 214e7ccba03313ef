"""What nodes told of their clocks: evidence for the hours of images. Source: arrêté of 3 August 2007, annex 1 §3."""

from __future__ import annotations

from typing import Any

from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import FactKind
from beffroi.operate.models import NodeFact

HOUR_US = 3600 * US_PER_S


def hourly(node: str, from_at_us: int, to_at_us: int) -> list[dict[str, Any]]:
    """What a node said of its clock in a span, and last before it when that was within the hour, oldest first.

    `state`: `synchronised`, `unsynchronised` or `unknown`; `error_ms`: at most so far off, None unless synchronised.
    """
    rows = NodeFact.objects.filter(
        node=node, kind=FactKind.CLOCK_STATE, at_us__gt=from_at_us - HOUR_US - 60 * US_PER_S, at_us__lte=to_at_us
    )
    return [
        {
            "at_us": row.at_us,
            "state": str(row.detail.get("state", "unknown")),
            "error_ms": row.detail["error_us"] / 1000 if "error_us" in row.detail else None,
        }
        for row in rows.order_by("at_us")
    ]
