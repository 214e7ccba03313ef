"""Writes what is drawn of the demo town: streets, water, zones, buildings, sites, cameras, their lives, the fibre.

    python -m tools.demo_town [folder]

The same text every time: a test compares it with the folder in the repository.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path

from shapely.geometry import LineString, Polygon

from tools.demo_town import lives
from tools.demo_town.buildings import Prism, prisms
from tools.demo_town.cameras import (
    CAMERAS,
    FAULTS,
    FPS,
    H265,
    HEIGHT_PX,
    PIXELS_PER_M,
    PTZ,
    ROLES,
    SITES,
    WIDTH_PX,
    CameraPlan,
    SitePlan,
)
from tools.demo_town.facts import facts as drawn_facts
from tools.demo_town.fibre import tree
from tools.demo_town.ground import metres, noded, smooth, wgs84
from tools.demo_town.streets import DOURBIE, DOURBIE_HALF_WIDTH_M, STREETS, TARN, TARN_HALF_WIDTH_M, Point
from tools.demo_town.zones import ZONES, outline, zone_id

FOLDER = Path(__file__).parents[2] / "src" / "beffroi" / "demo_town"


def geojson(features: Iterable[dict[str, object]]) -> str:
    """A FeatureCollection with one feature a line, so that changes read well."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    return '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"


def feature(geometry: str, points: object, **properties: object) -> dict[str, object]:
    """One GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": points}}


def table(columns: str, rows: Iterable[Iterable[object]]) -> str:
    """CSV text with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    return out.getvalue()


def streets() -> str:
    graph = noded(STREETS)
    return geojson(
        feature(
            "LineString",
            [wgs84(point) for point in graph[plan.id]],
            id=plan.id,
            name=plan.name,
            half_width_m=plan.half_width_m,
            pavement_m=plan.pavement_m,
        )
        for plan in STREETS
    )


def water() -> str:
    def river(axis: tuple[Point, ...], half_width_m: float) -> list[list[tuple[float, float]]]:
        shape = LineString(smooth(axis)).buffer(half_width_m, cap_style="flat", quad_segs=3).simplify(1.0)
        assert isinstance(shape, Polygon)
        return [[wgs84((x, y)) for x, y in shape.exterior.coords]]

    return geojson(
        (
            feature("Polygon", river(TARN, TARN_HALF_WIDTH_M), id="tarn", name="Tarn"),
            feature("Polygon", river(DOURBIE, DOURBIE_HALF_WIDTH_M), id="dourbie", name="Dourbie"),
        )
    )


def sites() -> str:
    def row(site: SitePlan) -> tuple[object, ...]:
        lon, lat = wgs84(_middle(site.id))
        return site.id, site.mark, site.name, site.zone, site.phase, lat, lon

    return table("id,mark,name,zone,phase,lat,lon", map(row, SITES))


def _middle(site_id: str) -> Point:
    points = [camera.at for camera in CAMERAS if camera.site == site_id]
    return (sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))


def cameras() -> str:
    by_id = {site.id: site for site in SITES}

    def row(camera: CameraPlan) -> tuple[object, ...]:
        site, (lon, lat), number = by_id[camera.site], wgs84(camera.at), camera.number
        kind = "ptz" if number in PTZ else "fixed"
        codec = "h265" if number in H265 else "h264"
        place = (f"c{number:02}", f"C{number:02}", camera.name, camera.short_name, site.id, site.zone, site.phase)
        pose = (lat, lon, camera.bearing_deg, camera.tilt_deg, camera.height_m, camera.hfov_deg)
        aim = (ROLES[camera.target_class], _aimed_m(camera), "street")
        return (*place, *pose, kind, codec, WIDTH_PX, HEIGHT_PX, FPS, camera.target_class, *aim, FAULTS.get(number, ""))

    columns = (
        "id,number,name,short_name,site,zone,phase,lat,lon,bearing_deg,tilt_deg,height_m,hfov_deg,"
        "kind,codec,width_px,height_px,fps,target_class,role,aimed_m,night_light,town_fault"
    )
    return table(columns, (row(camera) for camera in CAMERAS))


def _aimed_m(camera: CameraPlan) -> float:
    """Where the picture still has the pixels a metre of the camera's class."""
    across_px_m = WIDTH_PX / (2 * math.tan(math.radians(camera.hfov_deg) / 2))
    return round(across_px_m / PIXELS_PER_M[camera.target_class], 1)


def zones() -> str:
    return geojson(
        feature(
            "Polygon",
            [[wgs84(point) for point in outline(plan)]],
            id=zone_id(plan.number),
            number=plan.number,
            name=plan.name,
            proposer=plan.proposer,
            police_opinion=plan.police_opinion,
            adviser_opinion=plan.adviser_opinion,
            adviser_opinion_on="2016-04-12",
            expected_effect=plan.expected_effect,
            purpose=plan.purpose,
        )
        for plan in ZONES
    )


def buildings() -> str:
    def row(number: int, prism: Prism) -> tuple[object, ...]:
        ring = ",".join(f"{lon} {lat}" for lon, lat in map(wgs84, (*prism.corners, prism.corners[0])))
        is_dwelling = "true" if prism.is_dwelling else "false"
        return f"h{number:04}", prism.height_m, prism.upper_floors + 1, is_dwelling, f"POLYGON(({ring}))"

    rows = (row(number, prism) for number, prism in enumerate(prisms(), 1))
    return table("id,height_m,floors,is_dwelling,footprint", rows)


def states() -> str:
    return table("camera,state,on,note", lives.states())


def links() -> str:
    with (FOLDER / "public_buildings.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    doors = {row["id"]: metres(float(row["lon"]), float(row["lat"])) for row in rows}
    sites = [(site.id, _middle(site.id), site.phase) for site in SITES]
    buildings = [(end, at, "p1" if int(end[1:]) <= 12 else "p2") for end, at in doors.items() if end != "b04"]
    ends = sorted([*sites, *buildings], key=lambda end: (list(LAYING).index(end[2]), end[0]))
    names = {row["id"]: row["name"].partition(",")[0].removesuffix(" (jeu fictif)") for row in rows}
    names |= {site.id: site.name for site in SITES}
    branches = tree(doors["b04"], [(end, at) for end, at, _ in ends])
    return geojson(
        feature(
            "LineString",
            [wgs84(point) for point in branch.line],
            id=f"f{number:02}",
            name=f"Bras {names[end]}",
            phase=phase,
            from_end=branch.from_end,
            to_end=end,
            **(LAYING[phase] if end != "sb" else LATE),
        )
        for number, (branch, (end, _, phase)) in enumerate(zip(branches, ends, strict=True), 1)
    )


def facts() -> str:
    return table("reference,kind,from,to,lat,lon", drawn_facts())


def signs() -> str:
    """One at each site; that of the sports park is overdue for its yearly check."""

    def row(site: SitePlan) -> tuple[object, ...]:
        lon, lat = wgs84(_middle(site.id))
        is_late = site.zone == "z13"
        checked = "" if site.phase == "px" else f"start - {380 if is_late else 40 + 7 * (int(site.id[1:]) % 9)} days"
        placed = "" if site.phase == "px" else LAYING[site.phase]["lit_on"]
        return f"p-{site.id}", site.id, f"{site.name}, sur le mât", lat, lon, "a3", placed, checked

    return table("id,site,place,lat,lon,format,placed_on,checked_on", map(row, SITES))


def boundary() -> str:
    """A rough outline: the real one is in the State's files."""
    ring = [(-5200, -4800), (3900, -5600), (6100, -900), (4300, 5200), (-1500, 6400), (-6100, 2100), (-5200, -4800)]
    return geojson([feature("Polygon", [[wgs84((float(x), float(y))) for x, y in ring]], code="12145")])


LAYING: dict[str, dict[str, str]] = {
    "p1": {"planned_on": "2017-03-10", "laid_on": "2017-04-21", "lit_on": "2017-05-05"},
    "p2": {"planned_on": "2017-10-30", "laid_on": "2017-11-10", "lit_on": "2017-11-17"},
    "p3": {"planned_on": "2018-09-07", "laid_on": "2018-09-21", "lit_on": "2018-10-05"},
    "p4": {"planned_on": "2019-05-31", "laid_on": "2019-05-24", "lit_on": "2019-06-05"},
    "px": {"planned_on": "start - 35 days", "laid_on": "start - 40 days", "lit_on": "start - 31 days"},
}
LATE = {"planned_on": "start - 18 days"}
"""The trench of the Voultre: it holds up camera 47."""

FILES = {
    "streets.geojson": streets,
    "water.geojson": water,
    "sites.csv": sites,
    "cameras.csv": cameras,
    "zones.geojson": zones,
    "states.csv": states,
    "links.geojson": links,
    "buildings.csv": buildings,
    "boundary.geojson": boundary,
    "facts.csv": facts,
    "signs.csv": signs,
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text(), encoding="utf-8")
        print(name, (folder / name).stat().st_size)


if __name__ == "__main__":
    main()
