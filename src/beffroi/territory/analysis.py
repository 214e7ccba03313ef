"""What the facts show: zones by rate with the doubt there is, where facts gather, whether they follow each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

from beffroi.core.dates import add_months, day_starts_at
from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.journal.services import Register
from beffroi.territory.calc import hotspots, lambert93
from beffroi.territory.calc.near_repeat import NearPairs, NearRepeats, near_repeats, pairs_by_zone, pairs_within
from beffroi.territory.calc.rates import ZoneRate, zone_rates
from beffroi.territory.models import Fact, Street, Zone
from beffroi.territory.queries import counted_facts, evidence_by_zone, town_zone
from beffroi.territory.rules import EFFECTS, EVIDENCE_MONTHS, Effect, Evidence, FactKind, evidence_since

Floats = npt.NDArray[np.float64]
CELL_M = 50.0
HOT_SHARE = 0.05
GI_RADIUS_M = 120.0
NEAR_M = (50.0, 100.0, 200.0, 400.0)
NEAR_DAYS = (3.0, 7.0, 14.0)
NEAR_SHUFFLES = 199
MAX_PAIRS = 500_000
"""A table of more takes longer than a page may: pairs grow with the square of the facts."""
FOLLOWED_M, FOLLOWED_DAYS = 100.0, 7.0
"""Near in a zone, which is one or two hundred metres wide: the first two distances and delays of the town's table."""
MAX_FOLLOWED = 200_000
_MOVES_FACTS = ("town.imported", "layer.imported", "zone.added", "zone.removed", "facts.imported")
_MARGIN_M, _AROUND_M = 60.0, 150.0
LEAST_FACTS = 30
"""Fewer placed facts make a map of chance."""
PLACE_KINDS = tuple(kind for kind in FactKind if EFFECTS[kind] is Effect.PLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLine:
    """A zone, its evidence and where its rate stands among the others'. `street_km`: what the rate is told over."""

    zone: Zone
    evidence: Evidence
    street_km: float
    rate: ZoneRate

    @property
    def a_year(self) -> float:
        return self.evidence.total / (EVIDENCE_MONTHS / 12)

    @property
    def place_share(self) -> float:
        """Of its facts, those of kinds tied to the place: what a camera can change."""
        return self.evidence.total_of(Effect.PLACE) / self.evidence.total if self.evidence.total else 0.0


def zone_lines(on: date) -> list[ZoneLine]:
    """Zones by shrunk rate of facts a street kilometre and year, the highest first; empty without zones."""
    zones = {zone.pk: zone for zone in Zone.objects.all()}
    evidence = evidence_by_zone(on)
    if not zones:
        return []
    kilometres = _street_km(zones.values())
    years = EVIDENCE_MONTHS / 12
    ids = list(zones)
    rates = zone_rates(ids, [evidence[zone].total for zone in ids], [kilometres[zone] * years for zone in ids])
    return [
        ZoneLine(zone=zones[rate.zone], evidence=evidence[rate.zone], street_km=kilometres[rate.zone], rate=rate)
        for rate in rates
    ]


def _street_km(zones: Iterable[Zone]) -> dict[str, float]:
    """Kilometres of street inside each zone; a tenth at least, where no street is drawn."""
    axes = [lambert93.projected(street.shape) for street in Street.objects.all()]
    found = {}
    for zone in zones:
        ground = lambert93.projected(zone.shape)
        found[zone.pk] = max(0.1, sum(axis.intersection(ground).length for axis in axes) / 1000)
    return found


def yearly(zone: Zone, on: date) -> list[tuple[int, int]]:
    """Facts of a zone by year of the town, the last full twelve months being the last: (year ends in, count)."""
    found = []
    for back in range(4, -1, -1):
        until, since = add_months(on, -12 * back), add_months(on, -12 * (back + 1))
        found.append((until.year, _between(counted_facts().filter(zone=zone), since, until)))
    return found


def _between(facts: QuerySet[Fact], since: date, until: date) -> int:
    zone = town_zone()
    return facts.filter(from_at__gte=day_starts_at(since, zone), from_at__lt=day_starts_at(until, zone)).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpots:
    """Where facts of some kinds gather: ways to map it judged on the last year, and cells hotter than chance.

    `cells`: GeoJSON polygons, degrees, of the cells hot at 5 % after correction; `dense_cells`: of those that `density`
    calls hot, the bandwidth which foretold best; `facts`, `held_out`: how many were used, and kept apart to judge.
    """

    kinds: tuple[FactKind, ...]
    facts: int
    held_out: int
    trials: tuple[hotspots.Trial, ...]
    cells: tuple[dict[str, object], ...]
    dense_cells: tuple[dict[str, object], ...]
    zones: Mapping[str, hotspots.ZoneHeat]
    """What of it lies in each zone, by id."""

    @property
    def density(self) -> hotspots.Trial:
        return next(one for one in self.trials if one.bandwidth_m)


def hot_spots(on: date, *, kinds: Collection[FactKind] = PLACE_KINDS) -> HotSpots:
    """Facts of the years before the last against that last year, which the maps have not seen.

    Kept until facts or zones change. Errors: InvalidInput when there are too few placed facts.
    """
    return _hot_spots(on, tuple(kinds), _version())


@lru_cache(maxsize=8)
def _hot_spots(on: date, kinds: tuple[FactKind, ...], version: str) -> HotSpots:
    year_on, zones = add_months(on, -12), list(Zone.objects.all())
    before = _placed(_rows(kinds, evidence_since(on), year_on), zones)
    last = _placed(_rows(kinds, year_on, on + timedelta(days=1)), zones)
    if len(before.places) < LEAST_FACTS or not len(last.places):
        raise InvalidInput(
            f"{len(before.places)} placed facts before the last year, {len(last.places)} in it: a map of so few shows "
            "chance; import more, or choose more kinds.",
            message_fr=f"{len(before.places)} faits placés avant la dernière année, {len(last.places)} dedans : si peu "
            "de faits ne montrent que le hasard ; importez-en, ou prenez plus de natures.",
            field="kinds",
        )
    grid = _grid(np.vstack([before.places, last.places]))
    hot = hotspots.hot_cells(grid.counts(before.places).astype(np.float64), grid.centres, GI_RADIUS_M).hot
    trials = hotspots.trials(before.places, last.places, grid, share=HOT_SHARE)
    dense = next(one.hot for one in trials if one.bandwidth_m)
    shapes = [lambert93.projected(zone.shape) for zone in zones]
    heat = hotspots.heat_by_zone(shapes, grid, dense=dense, hot=hot, facts=before, later=last)
    return HotSpots(
        kinds=kinds,
        facts=len(before.places),
        held_out=len(last.places),
        trials=trials,
        cells=tuple(_cell(centre) for centre in grid.centres[hot]),
        dense_cells=tuple(_cell(centre) for centre in grid.centres[dense]),
        zones={zone.pk: one for zone, one in zip(zones, heat, strict=True)},
    )


def _version() -> str:
    """What facts and zones were last changed by, and how many there are: a change of either makes another."""
    line = Line.objects.filter(register=Register.CONFIGURATION.value, action__in=_MOVES_FACTS).order_by("-index")
    last = line.values_list("index", flat=True).first()
    return f"{-1 if last is None else last}-{counted_facts().count()}-{Zone.objects.count()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Pairs of facts within `FOLLOWED_M` and `FOLLOWED_DAYS`, in the town and by zone id, over the last `facts` of
    `placed`: as many as make `MAX_FOLLOWED` pairs so near at most."""

    town: NearPairs
    zones: Mapping[str, NearPairs]
    facts: int
    placed: int


def followed(on: date, *, kinds: Collection[FactKind] = PLACE_KINDS) -> Followed:
    """Whether facts follow each other in the town and in each zone more than chance would have it.

    Kept until facts or zones change.
    """
    return _followed(on, tuple(kinds), _version())


@lru_cache(maxsize=8)
def _followed(on: date, kinds: tuple[FactKind, ...], version: str) -> Followed:
    zones = list(Zone.objects.all())
    rows = list(_rows(kinds, evidence_since(on), on + timedelta(days=1)))
    placed, days = _placed(rows, zones), _days(rows)
    first = _first_of(placed.places, within_m=FOLLOWED_M, most=MAX_FOLLOWED)
    found = pairs_by_zone(
        placed.places[first:], days[first:], placed.zone_at[first:],
        zones=len(zones), within_m=FOLLOWED_M, within_days=FOLLOWED_DAYS,
    )  # fmt: skip
    by_zone = {zone.pk: one for zone, one in zip(zones, found.zones, strict=True)}
    return Followed(town=found.town, zones=by_zone, facts=len(rows) - first, placed=len(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Knox's table over the last facts, `facts` of `placed`: as many as make `MAX_PAIRS` near pairs at most."""

    table: NearRepeats
    facts: int
    placed: int

    def rows(self) -> list[tuple[str, list[tuple[float, float]]]]:
        """Up to so many metres, then (ratio, p) for each time band."""
        ends = (0.0, *NEAR_M)
        rows = zip(self.table.ratio.tolist(), self.table.p.tolist(), strict=True)
        return [
            (f"{ends[row]:.0f}–{ends[row + 1]:.0f} m", list(zip(ratios, ps, strict=True)))
            for row, (ratios, ps) in enumerate(rows)
        ]


def follow_each_other(on: date, *, kinds: Collection[FactKind]) -> Following:
    """Whether facts of some kinds follow each other in place and time more than chance would have it.

    Errors: InvalidInput with fewer than two placed facts.
    """
    rows = list(_rows(kinds, evidence_since(on), on + timedelta(days=1)))
    places, days = _en(rows), _days(rows)
    first = _first_of(places, within_m=NEAR_M[-1], most=MAX_PAIRS)
    found = near_repeats(
        places[first:], days[first:], distance_ends_m=NEAR_M, time_ends_days=NEAR_DAYS, shuffles=NEAR_SHUFFLES
    )
    return Following(table=found, facts=len(rows) - first, placed=len(rows))


def _first_of(places: Floats, *, within_m: float, most: int) -> int:
    """From which fact on they make no more pairs so near than a page may count."""
    first = 0
    while len(places) - first > LEAST_FACTS and pairs_within(places[first:], within_m) > most:
        first += (len(places) - first) // 4
    return first


class _Row(NamedTuple):
    """A placed fact."""

    lon: float
    lat: float
    at: datetime
    zone: str | None


def _rows(kinds: Collection[FactKind], since: date, until: date) -> Iterable[_Row]:
    zone = town_zone()
    rows = counted_facts().filter(
        kind__in=[kind.value for kind in kinds],
        lat__isnull=False,
        lon__isnull=False,
        from_at__gte=day_starts_at(since, zone),
        from_at__lt=day_starts_at(until, zone),
    )
    for lon, lat, at, zone_id in rows.order_by("from_at", "pk").values_list("lon", "lat", "from_at", "zone"):
        assert lon is not None and lat is not None, "the filter leaves out facts without a position"
        yield _Row(lon, lat, at, zone_id)


def _placed(rows: Iterable[_Row], zones: Sequence[Zone]) -> hotspots.Placed:
    kept, number = list(rows), {zone.pk: at for at, zone in enumerate(zones)}
    zone_at = np.array([number.get(row.zone or "", -1) for row in kept], dtype=np.int64)
    return hotspots.Placed(places=_en(kept), zone_at=zone_at)


def _en(rows: Sequence[_Row]) -> Floats:
    """Lambert-93 of positions, shape (n, 2)."""
    return lambert93.to_en_all(np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2))


def _days(rows: Sequence[_Row]) -> Floats:
    """When each was, in days, shape (n,)."""
    return np.array([row.at.timestamp() / 86_400 for row in rows])


def _grid(places: Floats) -> hotspots.Grid:
    """Cells over the built town: where facts lie, and their neighbours; the whole commune would flatter any map."""
    low, high = np.quantile(places, 0.005, axis=0) - CELL_M, np.quantile(places, 0.995, axis=0) + CELL_M
    return hotspots.grid_over((float(low[0]), float(low[1])), (float(high[0]), float(high[1])), CELL_M)


def _cell(centre: Floats) -> dict[str, object]:
    half = CELL_M / 2
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    ring = [lambert93.to_lon_lat(float(centre[0]) + dx, float(centre[1]) + dy) for dx, dy in corners]
    return {"type": "Polygon", "coordinates": [[list(spot) for spot in ring]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Hot cells, streets and zones on a flat sheet of metres, y to the south: SVG paths by style."""

    view_box: str
    paths: tuple[tuple[str, str], ...]
    names: tuple[tuple[float, float, Zone], ...]
    """Where each zone's number stands."""
    text_m: int
    """How tall those numbers are, to be read at the size the sheet is shown."""


def drawing(found: HotSpots, *, around: Zone | None = None) -> Drawing:
    """The map of hot cells, of the town or around one zone; the list of zones and the table say the same."""
    zones = list(Zone.objects.all())
    shapes = [("street", street.shape) for street in Street.objects.all()]
    shapes += [("hot", cell) for cell in found.cells]
    shapes += [("dense", cell) for cell in found.dense_cells]
    shapes += [("zone" if around in (None, zone) else "zone other", zone.shape) for zone in zones]
    drawn = [(style, lambert93.projected(shape)) for style, shape in shapes]
    framed = [shape for style, shape in drawn if style == "zone" or (around is None and style != "street")]
    if not drawn:
        return Drawing(view_box="0 0 1 1", paths=(), names=(), text_m=1)
    edges = shapely.bounds(framed or [shape for _, shape in drawn])
    margin_m = _AROUND_M if around else _MARGIN_M
    west, south = (float(edge) for edge in edges[:, :2].min(axis=0) - margin_m)
    east, north = (float(edge) for edge in edges[:, 2:].max(axis=0) + margin_m)
    frame = shapely.box(west, south, east, north)
    outlines = zip(zones, (shape for style, shape in drawn if style.startswith("zone")), strict=True)
    middles = [(zone, shape.centroid) for zone, shape in outlines]
    return Drawing(
        view_box=f"0 0 {east - west:.0f} {north - south:.0f}",
        paths=tuple((style, _path(shape, west, north)) for style, shape in drawn if shape.intersects(frame)),
        names=tuple((round(at.x - west), round(north - at.y), zone) for zone, at in middles if frame.contains(at)),
        text_m=round((north - south) / (26 if around else 90)),
    )


def _path(shape: BaseGeometry, west: float, north: float) -> str:
    lines = getattr(shape, "geoms", [shape])
    rings = [getattr(line, "exterior", line) for line in lines]
    closing = "" if shape.geom_type == "LineString" else "Z"
    spots = (" L".join(f"{x - west:.0f} {north - y:.0f}" for x, y, *_ in ring.coords) for ring in rings)
    return "".join(f"M{line}{closing}" for line in spots)
