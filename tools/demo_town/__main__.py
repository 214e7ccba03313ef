"""Writes what is drawn of the demo town: streets, water, sites and cameras.

    python -m tools.demo_town [folder]

The same text every time: a test compares it with the folder in the repository.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from shapely.geometry import LineString, Polygon
from tools.demo_town.cameras import CAMERAS, FAULTS, FPS, H265, HEIGHT_PX, PTZ, SITES, WIDTH_PX, CameraPlan
from tools.demo_town.ground import noded, smooth, wgs84
from tools.demo_town.streets import DOURBIE, DOURBIE_HALF_WIDTH_M, STREETS, TARN, TARN_HALF_WIDTH_M, Point

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
    def row(site_id: str) -> tuple[float, float]:
        points = [camera.at for camera in CAMERAS if camera.site == site_id]
        return wgs84((sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)))

    return table(
        "id,mark,name,zone,phase,lat,lon",
        ((s.id, s.mark, s.name, s.zone, s.phase, row(s.id)[1], row(s.id)[0]) for s in SITES),
    )


def cameras() -> str:
    by_id = {site.id: site for site in SITES}

    def row(camera: CameraPlan) -> tuple[object, ...]:
        site, (lon, lat), number = by_id[camera.site], wgs84(camera.at), camera.number
        kind = "ptz" if number in PTZ else "fixed"
        codec = "h265" if number in H265 else "h264"
        place = (f"c{number:02}", f"C{number:02}", camera.name, camera.short_name, site.id, site.zone, site.phase)
        pose = (lat, lon, camera.bearing_deg, camera.tilt_deg, camera.height_m, camera.hfov_deg)
        return (*place, *pose, kind, codec, WIDTH_PX, HEIGHT_PX, FPS, camera.target_class, FAULTS.get(number, ""))

    columns = (
        "id,number,name,short_name,site,zone,phase,lat,lon,bearing_deg,tilt_deg,height_m,hfov_deg,"
        "kind,codec,width_px,height_px,fps,target_class,town_fault"
    )
    return table(columns, (row(camera) for camera in CAMERAS))


FILES = {"streets.geojson": streets, "water.geojson": water, "sites.csv": sites, "cameras.csv": cameras}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text(), encoding="utf-8")
        print(name, (folder / name).stat().st_size)


if __name__ == "__main__":
    main()
