"""Dated states: from the vote to service, site after site; and the four cameras under way. Invented days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tools.demo_town.cameras import CAMERAS, SITES

Step = tuple[str, str, str]
"""State, day, note."""

_PHASES = {
    "p1": ("2016-06-30", "2016-10-10", "2017-04-28", "2017-05-02", "2017-06-12"),
    "p2": ("2016-06-30", "2016-10-10", "2017-04-28", "2017-09-18", "2017-12-22"),
    "p3": ("2016-06-30", "2018-03-05", "2018-09-11", "2018-09-17", "2018-11-14"),
    "p4": ("2016-06-30", "2018-12-03", "2019-06-03", "2019-06-04", "2019-06-28"),
}
"""Planned, filed, authorised, first installed, last in service."""

_UNDER_WAY: dict[int, tuple[Step, ...]] = {
    45: (
        ("planned", "start - 10 months", ""),
        ("filed", "start - 9 months", ""),
        ("authorised", "start - 5 months", ""),
        ("installed", "start - 33 days", ""),
        ("declared", "start - 16 days", ""),
        ("in-test", "start - 11 days", ""),
        ("accepted", "start - 4 days", "sans réserve"),
    ),
    46: (
        ("planned", "start - 10 months", ""),
        ("filed", "start - 9 months", ""),
        ("authorised", "start - 5 months", ""),
        ("installed", "start - 32 days", ""),
        ("declared", "start - 16 days", ""),
        ("in-test", "start - 2 days", ""),
    ),
    47: (
        ("planned", "start - 10 months", ""),
        ("filed", "start - 9 months", ""),
        ("authorised", "start - 5 months", "attend la tranchée du Voultre"),
    ),
    48: (("planned", "start - 10 months", ""), ("filed", "start - 70 days", "dossier séparé")),
}


def states() -> Iterator[tuple[str, str, str, str]]:
    """Camera, state, day, note: every step of every camera."""
    order = {site.id: rank for rank, site in enumerate(SITES)}
    phase_of = {site.id: site.phase for site in SITES}
    for camera in CAMERAS:
        steps = _UNDER_WAY.get(camera.number) or _served(phase_of[camera.site], order[camera.site])
        for state, on, note in steps:
            yield f"c{camera.number:02}", state, on, note


def _served(phase: str, site_rank: int) -> tuple[Step, ...]:
    planned, filed, authorised, first, last = _PHASES[phase]
    peers = [rank for rank, site in enumerate(SITES) if site.phase == phase]
    share = (site_rank - peers[0] + 1) / len(peers)
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    served = begins + timedelta(days=round((ends - begins).days * (0.5 + 0.5 * share)))
    installed = begins + timedelta(days=round((ends - begins).days * 0.4 * share))
    declared = served - timedelta(days=min(8, (served - installed).days // 2))
    tested = served - timedelta(days=min(4, (served - installed).days // 3))
    return (
        ("planned", planned, ""),
        ("filed", filed, ""),
        ("authorised", authorised, ""),
        ("installed", installed.isoformat(), ""),
        ("declared", declared.isoformat(), ""),
        ("in-test", tested.isoformat(), ""),
        ("accepted", served.isoformat(), ""),
        ("in-service", served.isoformat(), ""),
    )
