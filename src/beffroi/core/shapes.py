"""The edge: shapes as people write them, checked into plain GeoJSON geometries (longitude, latitude)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator
from shapely import GEOSException, force_2d, from_wkt, to_geojson
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from beffroi.core.reading import refusal

Geometry = dict[str, Any]
CROSSED = ("crosses itself or is empty; redraw it", "se recoupe ou est vide ; redessinez-le")
"""What is wrong with a shape that encloses nothing certain, and the mend: English, French."""


def _geojson(*kinds: str) -> Callable[[object], Geometry]:
    """A validator of GeoJSON geometries of these kinds, whole and not empty."""

    def checked(given: object) -> Geometry:
        if not isinstance(given, dict) or given.get("type") not in kinds:
            wanted = " or ".join(kinds)
            given_type = str(given.get("type"))[:30] if isinstance(given, dict) else "—"
            raise refusal(
                f"is not a GeoJSON {wanted} ({given_type}); keep only such shapes in this layer",
                f"n'est pas un {wanted.replace(' or ', ' ou ')} GeoJSON ({given_type}) ; ne gardez que ces formes dans "
                "cette couche",
            )
        try:
            with np.errstate(invalid="ignore"):
                found = shape(given)
        except (GEOSException, ValueError, TypeError, KeyError, IndexError, OverflowError):
            raise refusal(
                "has coordinates that draw nothing; check them",
                "a des coordonnées qui ne dessinent rien ; vérifiez-les",
            ) from None
        return _sound(found)

    return checked


def _wkt_polygon(given: object) -> Geometry:
    try:
        found = from_wkt(str(given))
    except GEOSException:
        found = None
    if found is None or found.geom_type != "Polygon":
        raise refusal(
            "is not a WKT polygon; write POLYGON((3.07 44.10, …))",
            "n'est pas un polygone WKT ; écrivez POLYGON((3.07 44.10, …))",
        )
    return _sound(found)


def _sound(found: BaseGeometry) -> Geometry:
    if found.is_empty or not found.is_valid or not np.isfinite(found.bounds).all():
        raise refusal(*CROSSED)
    written: Geometry = json.loads(to_geojson(force_2d(found)))
    return written


Surface = Annotated[Geometry, BeforeValidator(_geojson("Polygon", "MultiPolygon"))]
Line = Annotated[Geometry, BeforeValidator(_geojson("LineString"))]
Footprint = Annotated[Geometry, BeforeValidator(_wkt_polygon)]
"""Written as WKT, in a CSV cell."""
