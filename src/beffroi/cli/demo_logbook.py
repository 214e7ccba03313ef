"""The demo's logbook: thirty days of eight lines, drawn once from a list of acts with a fixed seed. Jeu fictif."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beffroi.core.instants import to_us

if TYPE_CHECKING:
    from beffroi.operate.logbook.services import Seen

FILE = "logbook.toml"
_MINUTE_US = 60_000_000
_WRITTEN_US = 2 * _MINUTE_US


def write(town_folder: Path) -> None:
    """The lines before the first start, once; accounts and devices must be there."""
    from django.db import transaction

    from beffroi.operate.logbook import services
    from beffroi.operate.models import Device, LogLine
    from beffroi.people.models import Agent
    from beffroi.territory.queries import town, town_zone

    here = town()
    if here is None or LogLine.objects.exists():
        return
    given = tomllib.loads((town_folder / FILE).read_text(encoding="utf-8"))
    people = {agent.username: agent for agent in Agent.objects.filter(username__in=given["people"])}
    cameras = sorted(Device.objects.filter(camera__isnull=False).values_list("camera_id", flat=True))
    with transaction.atomic():
        for by, seen, told_us in _lines(given, cameras, here.started_on, zone=town_zone()):
            line = services.note(seen, by=people[by], at_us=seen.seen_at_us + _WRITTEN_US)
            if told_us is not None:
                at_us = seen.seen_at_us + told_us
                services.tell(line, "police", "radio", by=people[by], at_us=max(at_us, line.at_us), told_at_us=at_us)


def _lines(
    given: Mapping[str, Any], cameras: Sequence[str], first_start_on: date, *, zone: Any
) -> Iterator[tuple[str, Seen, int | None]]:
    """Who, what, and how long until the OPJ was told; in the order of the days."""
    from beffroi.operate.logbook.services import Seen

    draw = random.Random(given["seed"])  # noqa: S311 - invented lines, not a secret
    acts, weights = given["act"], [act["weight"] for act in given["act"]]
    for back in range(given["days"], 0, -1):
        midnight = datetime.combine(first_start_on - timedelta(days=back), time(), tzinfo=zone)
        drawn = draw.choices(acts, weights, k=given["lines_a_day"])
        moments = [draw.randrange(act["hours"][0] * 60, act["hours"][1] * 60 - 5) for act in drawn]
        for minute, act in sorted(zip(moments, drawn, strict=True), key=lambda one: one[0]):
            seen = Seen(
                seen_at_us=to_us(midnight + timedelta(minutes=minute, seconds=draw.randrange(60))),
                camera=draw.choice(cameras),
                fact=draw.choice(act["facts"]),
                **{name: act[name] for name in ("code", "source", "action")},
            )
            told_min = draw.randint(*act["told_min"]) if "told_min" in act else None
            yield draw.choice(given["people"]), seen, told_min * _MINUTE_US if told_min is not None else None
