/** Distances, bearings, cones and neighbours on the ground. Pure; WGS84 degrees in, metres and degrees out. */

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

/** Metres east and north of `from`; equirectangular, exact to a decimetre over a town. */
export function offsetM(from: Point, to: Point): { eastM: number; northM: number } {
  const eastM = (to.lon - from.lon) * RAD * EARTH_M * Math.cos(((from.lat + to.lat) / 2) * RAD);
  return { eastM, northM: (to.lat - from.lat) * RAD * EARTH_M };
}

export function distanceM(from: Point, to: Point): number {
  const { eastM, northM } = offsetM(from, to);
  return Math.hypot(eastM, northM);
}

/** True bearing from one point to another, [0, 360). */
export function bearingDeg(from: Point, to: Point): number {
  const { eastM, northM } = offsetM(from, to);
  return (Math.atan2(eastM, northM) / RAD + 360) % 360;
}

/** Smallest angle between two bearings, [0, 180]. */
export function angleBetweenDeg(a: number, b: number): number {
  const apart = Math.abs(a - b) % 360;
  return apart > 180 ? 360 - apart : apart;
}

export const DIRECTIONS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export function directionOf(bearing: number): Direction {
  return DIRECTIONS[Math.round(bearing / 45) % 8] as Direction;
}

/** Numeric pad: 8 is north. */
export const PAD_KEYS: Readonly<Record<Direction, string>> = {
  n: "8",
  ne: "9",
  e: "6",
  se: "3",
  s: "2",
  sw: "1",
  w: "4",
  nw: "7",
};

export interface Placed extends Point {
  readonly id: string;
  readonly bearing_deg: number;
}

export interface Neighbour<T> {
  readonly camera: T;
  readonly bearingDeg: number;
  readonly distanceM: number;
  /** On the same mast: placed by where it looks, since it is nowhere else. */
  readonly isSameMast: boolean;
}

const DETECT_PX_PER_M = 25;
const RANGE_MIN_M = 20;
const RANGE_MAX_M = 150;

/** How far a camera still shows that somebody is there. Source: EN 62676-4:2015, annex B (detect, 25 px/m). */
export function detectionRangeM(widthPx: number, hfovDeg: number): number {
  const half = Math.tan((Math.min(170, Math.max(1, hfovDeg)) * RAD) / 2);
  return Math.min(RANGE_MAX_M, Math.max(RANGE_MIN_M, widthPx / (2 * DETECT_PX_PER_M * half)));
}

export const NEIGHBOUR_MAX_M = 250;
const SAME_MAST_M = 8;

/** The nearest camera in each of the eight directions; absent when none is within `maxM`. */
export function neighbours<T extends Placed>(
  centre: T,
  others: readonly T[],
  maxM = NEIGHBOUR_MAX_M,
): Partial<Record<Direction, Neighbour<T>>> {
  const found: Partial<Record<Direction, Neighbour<T>>> = {};
  const ranked = others
    .filter((one) => one.id !== centre.id)
    .map((camera) => placed(centre, camera))
    .filter((one) => one.distanceM <= maxM)
    .sort((a, b) => a.distanceM - b.distanceM);
  for (const one of ranked) found[directionOf(one.bearingDeg)] ??= one;
  return found;
}

function placed<T extends Placed>(centre: T, camera: T): Neighbour<T> {
  const apartM = distanceM(centre, camera);
  const isSameMast = apartM < SAME_MAST_M;
  const bearing = isSameMast ? camera.bearing_deg : bearingDeg(centre, camera);
  return { camera, bearingDeg: bearing, distanceM: apartM, isSameMast };
}

export interface Viewer extends Placed {
  readonly hfov_deg: number;
  readonly range_m: number;
  readonly kind: string;
}

/** How well a camera sees a point: what its cone says, walls not counted. */
export type Sight = "well" | "edge" | "far" | "behind" | "turnable";

export interface Seen<T> {
  readonly camera: T;
  readonly sight: Sight;
  readonly distanceM: number;
}

const RANK: Readonly<Record<Sight, number>> = { well: 0, edge: 1, turnable: 2, far: 3, behind: 4 };
/** Up to here a camera still gives half the detail: enough to follow a crowd (12.5 px/m), not a person. */
const FAR_SHARE = 2;

export function sightOf(camera: Viewer, point: Point): Seen<Viewer>["sight"] {
  const apartM = distanceM(camera, point);
  const offAxis = angleBetweenDeg(camera.bearing_deg, bearingDeg(camera, point));
  const isInCone = offAxis <= camera.hfov_deg / 2;
  if (isInCone && apartM <= camera.range_m) return offAxis <= camera.hfov_deg * 0.4 ? "well" : "edge";
  if (camera.kind === "ptz" && apartM <= camera.range_m) return "turnable";
  return isInCone && apartM <= camera.range_m * FAR_SHARE ? "far" : "behind";
}

/** Cameras that could see a point, best first: by sight, then by distance. */
export function rankedBySight<T extends Viewer>(cameras: readonly T[], point: Point): Seen<T>[] {
  return cameras
    .map((camera) => ({ camera, sight: sightOf(camera, point), distanceM: distanceM(camera, point) }))
    .sort((a, b) => RANK[a.sight] - RANK[b.sight] || a.distanceM - b.distanceM);
}

/** Length of the scale bar: the roundest distance not longer than `maxPx`. */
export function scaleBarM(pxPerM: number, maxPx: number): number {
  const most = maxPx / pxPerM;
  const ten = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((k) => k * ten).find((metres) => metres <= most) ?? ten;
}
