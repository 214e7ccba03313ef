"""Reads of the ground: the town, its map layers, and the search of places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import models
from shapely import Point
from shapely.geometry import shape

from beffroi.core.dates import day_of, day_starts_at
from beffroi.territory.calc import lambert93
from beffroi.territory.calc.streets import Axis, crossings, middle
from beffroi.territory.calc.words import score, without_numbers, words
from beffroi.territory.models import (
    Building,
    Confidence,
    Fact,
    FactImport,
    Place,
    PublicBuilding,
    Street,
    Town,
    Water,
    Zone,
)
from beffroi.territory.repeats import KnownFact
from beffroi.territory.rules import Evidence, FactKind, evidence_since

DEFAULT_TIME_ZONE = "Europe/Paris"
MAX_FOUND = 20
MAX_ASKED = 120
SAME_PLACE_M = 15.0
ZONE_HANDICAP = 10
"""Who types "mandarous" means the square before the zone."""

PlaceKind = Literal["place", "street", "crossing", "building", "zone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFound:
    """An answer to "où ?"; `id` is unique within its kind."""

    kind: PlaceKind
    id: str
    name: str
    lat: float
    lon: float
    confidence: str


def town() -> Town | None:
    """The town of this installation; None before its first import."""
    return Town.objects.first()


def town_zone() -> ZoneInfo:
    """The town's time zone."""
    found = town()
    return ZoneInfo(found.time_zone if found else DEFAULT_TIME_ZONE)


def search_places(asked: str, *, limit: int = MAX_FOUND) -> list[PlaceFound]:
    """Places whose name has every word asked, the best first. Accents, capitals and short forms do not matter.

    A house number is set aside when nothing carries it.
    """
    wanted = words(asked[:MAX_ASKED])
    known = [(found, words(found.name)) for found in _all_places()]
    return (_best(wanted, known) or _best(without_numbers(wanted), known))[:limit]


def _best(wanted: tuple[str, ...], known: list[tuple[PlaceFound, tuple[str, ...]]]) -> list[PlaceFound]:
    if not wanted:
        return []
    ranked = [(rank, found) for found, name in known if (rank := score(wanted, name))]
    ranked = [(rank - ZONE_HANDICAP if found.kind == "zone" else rank, found) for rank, found in ranked]
    return [found for _, found in sorted(ranked, key=lambda pair: (-pair[0], pair[1].name))]


def _all_places() -> Iterator[PlaceFound]:
    places, buildings = list(Place.objects.all()), list(PublicBuilding.objects.all())
    both = {(building.pk, building.name) for building in buildings}  # an object of a map may be imported as either
    for place in places:
        if (place.pk, place.name) not in both:
            yield _of_point("place", place)
    for building in buildings:
        yield _of_point("building", building)
    yield from _streets_and_crossings(places)
    for zone in Zone.objects.all():
        centre = shape(zone.shape).representative_point()
        yield PlaceFound(
            kind="zone", id=zone.pk, name=zone.name, lat=centre.y, lon=centre.x, confidence=Confidence.APPROXIMATE
        )


def _of_point(kind: PlaceKind, row: Place | PublicBuilding) -> PlaceFound:
    return PlaceFound(kind=kind, id=row.pk, name=row.name, lat=row.lat, lon=row.lon, confidence=row.confidence)


def _streets_and_crossings(places: list[Place]) -> Iterator[PlaceFound]:
    axes = street_axes()
    for axis in axes:
        lon, lat = middle(axis.vertices)
        yield PlaceFound(kind="street", id=axis.id, name=axis.name, lat=lat, lon=lon, confidence=Confidence.APPROXIMATE)
    for crossing in crossings(axes):
        yield PlaceFound(
            kind="crossing",
            id="+".join(sorted(crossing.streets)),
            name=" / ".join((*_squares_at(crossing.at, places), *crossing.names)),
            lat=crossing.at[1],
            lon=crossing.at[0],
            confidence=Confidence.APPROXIMATE,
        )


def _squares_at(at: tuple[float, float], places: list[Place]) -> list[str]:
    """The gazetteer's names for a crossing: "bonald mandarous" must find the boulevard's end on the square."""
    return [place.name for place in places if lambert93.near_m(at, (place.lon, place.lat)) < SAME_PLACE_M]


def street_axes() -> list[Axis]:
    """Every street with its vertices."""
    return [
        Axis(id=street.pk, name=street.name, vertices=tuple((lon, lat) for lon, lat in street.shape["coordinates"]))
        for street in Street.objects.all()
    ]


def nearest_street(at: tuple[float, float]) -> str:
    """The name of the street nearest to a longitude and latitude; empty when there is none."""
    spot = Point(lambert93.to_en(*at))
    found = min(Street.objects.all(), key=lambda one: lambert93.projected(one.shape).distance(spot), default=None)
    return found.name if found else ""


def map_layers() -> dict[str, dict[str, Any]]:
    """GeoJSON layers of the ground: `water`, `streets`, `zones`, `public_buildings`. Buildings are apart (heavy)."""
    return {
        "water": _collection(_feature(row.shape, id=row.pk, name=row.name) for row in Water.objects.all()),
        "streets": _collection(
            _feature(row.shape, id=row.pk, name=row.name, half_width_m=row.half_width_m, pavement_m=row.pavement_m)
            for row in Street.objects.all()
        ),
        "zones": _collection(
            _feature(row.shape, id=row.pk, number=row.number, name=row.name) for row in Zone.objects.all()
        ),
        "public_buildings": _collection(
            _feature(
                {"type": "Point", "coordinates": [row.lon, row.lat]},
                id=row.pk,
                name=row.name,
                use=row.use,
                confidence=row.confidence,
            )
            for row in PublicBuilding.objects.all()
        ),
    }


def evidence_of(zone: str, on: date) -> Evidence:
    """The dated facts that show a zone to be exposed, on a day: those of the five years before it."""
    return evidence_by_zone(on, zones=[zone])[zone]


def evidence_by_zone(on: date, *, zones: Iterable[str] | None = None) -> dict[str, Evidence]:
    """The same for many zones (all by default), by their id."""
    named = list(Zone.objects.values_list("pk", flat=True) if zones is None else zones)
    since = day_starts_at(evidence_since(on), town_zone())
    until = day_starts_at(on + timedelta(days=1), town_zone())
    rows = counted_facts().filter(zone__in=named, to_at__gte=since, from_at__lt=until)
    grouped = rows.values("zone", "kind", "source").annotate(
        count=models.Count("pk"), first=models.Min("from_at"), last=models.Max("to_at")
    )
    by_zone: dict[str, list[Any]] = {zone: [] for zone in named}
    for row in grouped.order_by("zone", "kind", "source"):
        by_zone[row["zone"]].append(row)
    return {zone: _evidence(found) for zone, found in by_zone.items()}


def _evidence(rows: list[Any]) -> Evidence:
    zone = town_zone()
    counts: Counter[FactKind] = Counter()
    for row in rows:
        counts[FactKind(row["kind"])] += row["count"]
    return Evidence(
        counts=counts,
        from_on=day_of(min(row["first"] for row in rows), zone) if rows else None,
        to_on=day_of(max(row["last"] for row in rows), zone) if rows else None,
        sources=tuple(sorted({row["source"] for row in rows})),
    )


def fact_imports() -> list[FactImport]:
    """Imports that ended, the last one first."""
    return list(FactImport.objects.filter(landed_at__isnull=False))


def counted_facts() -> models.QuerySet[Fact]:
    """Facts of imports that ended; the others are not there yet."""
    return Fact.objects.filter(batch__landed_at__isnull=False)


def known_facts(source: str, since: datetime, until: datetime) -> Iterator[KnownFact]:
    """Facts that count: all of a source, and those of the others that may have begun in a span."""
    zone = town_zone()
    files = {one.pk: (one.file_name, day_of(one.landed_at, zone)) for one in fact_imports() if one.landed_at}
    rows = counted_facts().filter(models.Q(source=source) | models.Q(from_at__gte=since, from_at__lte=until))
    told = ("source", "reference", "batch_id", "kind", "from_at", "to_at", "lat", "lon", "zone_id")
    for by, reference, batch, *said, lat, lon, zone_id in rows.values_list(*told).iterator(chunk_size=2000):
        file, on = files[batch]
        place = (zone_id,) if lat is None else (lat, lon)
        yield KnownFact(source=by, reference=reference, says=(*said, *place), file=file, on=on)


def line_length_m(geometry: dict[str, Any]) -> float:
    """Length on the ground of a GeoJSON line."""
    return lambert93.length_m(geometry)


def building_layer() -> dict[str, Any]:
    """GeoJSON layer of the building prisms."""
    rows = Building.objects.values_list("pk", "shape", "height_m", "is_dwelling")
    return _collection(
        _feature(geometry, id=pk, height_m=height_m, is_dwelling=is_dwelling)
        for pk, geometry, height_m, is_dwelling in rows.iterator(chunk_size=2000)
    )


def _feature(geometry: dict[str, Any], **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}
