"""Flat-shaded polygons in a camera's view: projection, clipping, tones, a depth map for what moves later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.sky import Sky

Rgb = tuple[float, float, float]
Point3 = tuple[float, float, float]
Pixel = tuple[float, float]

WIDTH_PX, HEIGHT_PX = 1280, 720
OVERSAMPLING = 2
NEAR_M = 0.35
FAR_M = 260.0


def colour(text: str) -> Rgb:
    """The colour of `#rrggbb`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with a share (0..1) of `other`."""
    return (
        one[0] + (other[0] - one[0]) * share,
        one[1] + (other[1] - one[1]) * share,
        one[2] + (other[2] - one[2]) * share,
    )


@dataclass(frozen=True, slots=True)
class Fire:
    """A fire that lights what is around it; `strength` 0..1."""

    x_m: float
    y_m: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How the sky tones colours."""

    sky: Sky
    haze: Rgb
    dim: Rgb
    desaturation: float
    sun: tuple[float, float] | None
    """Direction the sunlight travels, times its length per metre of height; None without shadows."""

    @property
    def is_night(self) -> bool:
        return self.sky is Sky.NIGHT

    @classmethod
    def of(cls, sky: Sky) -> Light:
        """The light under a sky."""
        if sky is Sky.NIGHT:
            return cls(sky=sky, haze=colour("#151a21"), dim=(0.47, 0.465, 0.5), desaturation=0.35, sun=None)
        if sky is Sky.RAIN:
            return cls(sky=sky, haze=colour("#9aa1a6"), dim=(0.78, 0.8, 0.83), desaturation=0.3, sun=None)
        return cls(sky=sky, haze=colour("#b0b6b9"), dim=(1.0, 0.99, 0.97), desaturation=0.0, sun=(0.62, 0.5))

    def tone(self, base: Rgb, distance_m: float, light: float = 1.0) -> Rgb:
        """`base` under this light, lost in the haze with distance."""
        r, g, b = base[0] * light, base[1] * light, base[2] * light
        if self.desaturation:
            r, g, b = mixed((r, g, b), ((r + g + b) / 3,) * 3, self.desaturation)
        toned = r * self.dim[0], g * self.dim[1], b * self.dim[2]
        return mixed(toned, self.haze, min(0.8, (distance_m / FAR_M) ** 1.25 * 0.85))


class View:
    """A camera's projection: x right, y up, z forward in metres; pixels from the top left."""

    def __init__(self, spec: CameraSpec, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> None:
        self.eye = spec.x_m, spec.y_m, spec.height_m
        bearing, tilt = math.radians(spec.bearing_deg), math.radians(spec.tilt_deg)
        self.bearing = bearing
        self.forward = (math.sin(bearing) * math.cos(tilt), math.cos(bearing) * math.cos(tilt), -math.sin(tilt))
        self.right = (math.cos(bearing), -math.sin(bearing), 0.0)
        f, r = self.forward, self.right
        self.up = (r[1] * f[2] - r[2] * f[1], r[2] * f[0] - r[0] * f[2], r[0] * f[1] - r[1] * f[0])
        self.focal_px = width_px / 2 / math.tan(math.radians(spec.hfov_deg / 2))
        self.centre = width_px / 2, height_px / 2
        self.size_px = width_px, height_px

    def camera(self, place: Point3) -> Point3:
        """World to camera axes."""
        d = place[0] - self.eye[0], place[1] - self.eye[1], place[2] - self.eye[2]
        r, u, f = self.right, self.up, self.forward
        return (
            d[0] * r[0] + d[1] * r[1] + d[2] * r[2],
            d[0] * u[0] + d[1] * u[1] + d[2] * u[2],
            d[0] * f[0] + d[1] * f[1] + d[2] * f[2],
        )

    def pixel(self, c: Point3) -> Pixel:
        """Camera axes to pixels; z must be positive."""
        return self.centre[0] + self.focal_px * c[0] / c[2], self.centre[1] - self.focal_px * c[1] / c[2]

    def polygon(self, places: Sequence[Point3]) -> list[Pixel] | None:
        """A polygon's outline in pixels, cut at the near plane; None when out of view."""
        cut = _cut_near([self.camera(place) for place in places])
        if len(cut) < 3:
            return None
        outline = [self.pixel(c) for c in cut]
        xs, ys = [p[0] for p in outline], [p[1] for p in outline]
        if max(xs) < 0 or min(xs) > self.size_px[0] or max(ys) < 0 or min(ys) > self.size_px[1]:
            return None
        return outline

    def distance_m(self, x_m: float, y_m: float) -> float:
        """Along the ground."""
        return math.hypot(x_m - self.eye[0], y_m - self.eye[1])

    def sees(self, x_m: float, y_m: float, reach_m: float, *, margin_m: float = 3.0) -> bool:
        """Whether something of `margin_m` around a place on the ground, within `reach_m`, may be in the picture."""
        return bool(self.sees_each(np.array((x_m, y_m)), np.array(reach_m), margin_m=margin_m))

    def sees_each(
        self, places_m: NDArray[np.float64], reach_m: NDArray[np.float64], *, margin_m: float = 3.0
    ) -> NDArray[np.bool_]:
        """`sees` for many places at once: `places_m` (…, 2), `reach_m` broadcast to (…)."""
        d_m = places_m - np.array(self.eye[:2])
        x = d_m @ np.array(self.right[:2]) - self.eye[2] * self.right[2]
        z = d_m @ np.array(self.forward[:2]) - self.eye[2] * self.forward[2]
        half = self.centre[0] / self.focal_px
        ahead: NDArray[np.bool_] = (z > -margin_m) & (z < reach_m) & (np.abs(x) < np.maximum(z, 0) * half + margin_m)
        return ahead


def _cut_near(points: list[Point3]) -> list[Point3]:
    if all(p[2] >= NEAR_M for p in points):
        return points
    out: list[Point3] = []
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        if a[2] >= NEAR_M:
            out.append(a)
        if (a[2] >= NEAR_M) != (b[2] >= NEAR_M):
            t = (NEAR_M - a[2]) / (b[2] - a[2])
            out.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), NEAR_M))
    return out


def to_ints(rgb: Rgb) -> tuple[int, int, int]:
    """Clamped to bytes."""
    return int(max(0, min(255, rgb[0]))), int(max(0, min(255, rgb[1]))), int(max(0, min(255, rgb[2])))


@dataclass(slots=True)
class Item:
    """A thing drawn as a whole: polygons in order, far things first among items."""

    depth_m: float
    shapes: list[tuple[list[Pixel], tuple[int, int, int]]] = field(default_factory=list)
    blockers: list[tuple[list[Pixel], list[Point3] | float]] = field(default_factory=list)
    """What hides things behind it: an outline with its corners in camera axes, or with one depth."""


class Canvas:
    """The still picture of a view: ground first, then items by distance."""

    def __init__(self, view: View, light: Light) -> None:
        self.view, self.light = view, light
        width_px, height_px = view.size_px
        self.image = Image.new("RGB", (width_px * OVERSAMPLING, height_px * OVERSAMPLING))
        self._draw = ImageDraw.Draw(self.image)
        self._shade = Image.new("L", (width_px, height_px), 0)
        self._shade_draw = ImageDraw.Draw(self._shade)
        self.items: list[Item] = []
        self.depth_m = np.full((height_px, width_px), np.inf, np.float32)

    def fill(self, outline: Sequence[Pixel], rgb: Rgb) -> None:
        """Paints at once."""
        self._draw.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in outline], fill=to_ints(rgb))

    def flat(self, places: Sequence[tuple[float, float]], base: Rgb, light: float = 1.0) -> None:
        """A polygon on the ground, painted at once, toned by its distance."""
        outline = self.view.polygon([(x, y, 0.0) for x, y in places])
        if outline:
            x = sum(p[0] for p in places) / len(places)
            y = sum(p[1] for p in places) / len(places)
            self.fill(outline, self.light.tone(base, min(self.view.distance_m(x, y), 70), light))

    def disc(self, centre: tuple[float, float], radius_m: float, base: Rgb) -> None:
        """A disc on the ground."""
        self.flat(circle(centre, radius_m), base)

    def shade(self, places: Sequence[tuple[float, float]]) -> None:
        """A polygon of the ground in shadow; shadows do not add up."""
        outline = self.view.polygon([(x, y, 0.0) for x, y in places])
        if outline:
            self._shade_draw.polygon(outline, fill=255)

    def cast_shadows(self, strength: float) -> None:
        """Darkens what `shade` marked."""
        mask = self._shade.resize(self.image.size, Image.Resampling.BILINEAR).point(lambda v: int(v * strength))
        self.image.paste((24, 27, 36), (0, 0), mask)

    def glow(self, place: Point3, radius_m: float, rgb: Rgb, *, strength: float, flatness: float = 1.0) -> None:
        """Light added around a point, fading to nothing; `flatness` < 1 lays it on the ground."""
        c = self.view.camera(place)
        if c[2] < 1.5:
            return
        x, y = self.view.pixel(c)
        r = self.view.focal_px * radius_m / c[2]
        left, top = int(max(0, x - r)), int(max(0, y - r * flatness))
        right, bottom = int(min(self.view.size_px[0], x + r)), int(min(self.view.size_px[1], y + r * flatness))
        if right - left < 2 or bottom - top < 2:
            return
        s = OVERSAMPLING
        box = left * s, top * s, right * s, bottom * s
        ys, xs = np.mgrid[top:bottom:0.5, left:right:0.5]
        far = np.clip(1 - np.hypot((xs - x) / r, (ys - y) / (r * flatness)), 0, 1) ** 1.7 * strength
        patch = np.asarray(self.image.crop(box), np.float32)
        lit = np.clip(patch + far[:, :, None] * np.array(rgb, np.float32), 0, 255)
        self.image.paste(Image.fromarray(lit.astype(np.uint8)), (left * s, top * s))

    def shows(self, place: Point3) -> bool:
        """Whether a point is in the picture and nothing painted stands before it."""
        c = self.view.camera(place)
        if c[2] < 1.5:
            return False
        x, y = self.view.pixel(c)
        inside = 0 <= x < self.view.size_px[0] and 0 <= y < self.view.size_px[1]
        return inside and bool(self.depth_m[int(y), int(x)] > c[2] - 0.8)

    def paint_items(self) -> None:
        """Paints the items, far ones first, and notes what each hides."""
        for item in sorted(self.items, key=lambda item: -item.depth_m):
            for outline, rgb in item.shapes:
                self._draw.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in outline], fill=rgb)
            for outline, of in item.blockers:
                self._block(outline, of)

    def _block(self, outline: list[Pixel], of: list[Point3] | float) -> None:
        width_px, height_px = self.view.size_px
        left = int(max(0, min(p[0] for p in outline)))
        right = int(min(width_px, max(p[0] for p in outline) + 1))
        top = int(max(0, min(p[1] for p in outline)))
        bottom = int(min(height_px, max(p[1] for p in outline) + 1))
        if right <= left or bottom <= top:
            return
        mask = Image.new("1", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], fill=1)
        depth = self._plane(of, (left, top, right, bottom)) if isinstance(of, list) else np.float32(of)
        region = self.depth_m[top:bottom, left:right]
        np.copyto(region, np.minimum(region, depth), where=np.asarray(mask))

    def _plane(self, corners: list[Point3], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
        """Forward distance of a plane over a box of pixels: its inverse is affine in the picture."""
        a, b, c = (np.array(corner) for corner in corners[:3])
        normal = np.cross(b - a, c - a)
        offset = float(normal @ a) or 1e-6
        left, top, right, bottom = box
        xs = (np.arange(left, right, dtype=np.float32) - self.view.centre[0]) / self.view.focal_px
        ys = (self.view.centre[1] - np.arange(top, bottom, dtype=np.float32)) / self.view.focal_px
        inverse = (normal[0] * xs[None, :] + normal[1] * ys[:, None] + normal[2]) / offset
        forward_m: NDArray[np.float32] = (1 / np.maximum(inverse, 1e-4)).astype(np.float32)
        return forward_m


def circle(centre: tuple[float, float], radius_m: float, points: int = 32) -> list[tuple[float, float]]:
    """Corners of a disc."""
    turns = (step * 2 * math.pi / points for step in range(points))
    return [(centre[0] + radius_m * math.cos(turn), centre[1] + radius_m * math.sin(turn)) for turn in turns]
