"""The edge: shapes as people write them, checked into plain GeoJSON geometries (longitude, latitude)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator
from shapely import GEOSException, from_wkt
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from beffroi.core.reading import refusal

Geometry = dict[str, Any]


def _shape_of(kinds: tuple[str, ...]) -> Callable[[object], Geometry]:
    """A validator of GeoJSON geometries of these kinds, whole and not empty."""

    def checked(given: object) -> Geometry:
        if not isinstance(given, dict) or given.get("type") not in kinds:
            wanted = " or ".join(kinds)
            raise refusal(f"is not a GeoJSON {wanted}", f"n'est pas un {wanted} GeoJSON")
        try:
            found = shape(given)
        except (GEOSException, ValueError, TypeError, KeyError, IndexError):
            raise refusal(
                "has coordinates that draw nothing; check them",
                "a des coordonnées qui ne dessinent rien ; vérifiez-les",
            ) from None
        return _sound(found)

    return checked


def _sound(found: BaseGeometry) -> Geometry:
    if found.is_empty or not found.is_valid:
        raise refusal("crosses itself or is empty; redraw it", "se recoupe ou est vide ; redessinez-le")
    written: Geometry = mapping(found)
    return {"type": written["type"], "coordinates": _lists(written["coordinates"])}


def _lists(coordinates: Any) -> Any:
    if isinstance(coordinates, float | int):
        return coordinates
    return [_lists(part) for part in coordinates]


def _footprint(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return mapping(from_wkt(given))
    except GEOSException:
        raise refusal(
            "is not WKT; write POLYGON((3.07 44.10, …))", "n'est pas du WKT ; écrivez POLYGON((3.07 44.10, …))"
        ) from None


Surface = Annotated[Geometry, BeforeValidator(_shape_of(("Polygon", "MultiPolygon")))]
Line = Annotated[Geometry, BeforeValidator(_shape_of(("LineString",)))]
Footprint = Annotated[Geometry, BeforeValidator(_shape_of(("Polygon",))), BeforeValidator(_footprint)]
