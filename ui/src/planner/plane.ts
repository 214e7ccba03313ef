/** The town as a plane in metres, x east and y south of its centre. Pure. */

import type { Area, LonLat, Ring } from "./types";

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

export interface Spot {
  readonly x: number;
  readonly y: number;
}

export class Plane {
  private readonly lonM: number;
  private readonly latM = RAD * EARTH_M;

  constructor(readonly centre: LonLat) {
    this.lonM = RAD * EARTH_M * Math.cos(centre[1] * RAD);
  }

  spot([lon, lat]: LonLat): Spot {
    return { x: (lon - this.centre[0]) * this.lonM, y: (this.centre[1] - lat) * this.latM };
  }

  lonLat({ x, y }: Spot): LonLat {
    return [round7(this.centre[0] + x / this.lonM), round7(this.centre[1] - y / this.latM)];
  }

  path(rings: readonly Ring[], isClosed = true): string {
    const end = isClosed ? "Z" : "";
    // An empty surface is written as one ring without a point.
    const drawn = rings.filter((ring) => ring.length > 0);
    return drawn.map((ring) => `M${ring.map((at) => this.pair(at)).join("L")}${end}`).join("");
  }

  private pair(at: LonLat): string {
    const { x, y } = this.spot(at);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  }
}

const round7 = (value: number): number => Math.round(value * 1e7) / 1e7;

export function ringsOf(area: Area | null): readonly Ring[] {
  if (!area) return [];
  return area.type === "Polygon" ? area.coordinates : area.coordinates.flat();
}

/** A fresh spot each time, so that the same place is shown again. */
export function middleOf(plane: Plane, shape: Area): Spot {
  const spots = ringsOf(shape).flat().map((at) => plane.spot(at));
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
  return { x: mean(spots.map((one) => one.x)), y: mean(spots.map((one) => one.y)) };
}

/** From one spot to another, clockwise from north, [0, 360). */
export function bearingDeg(from: Spot, to: Spot): number {
  return (Math.atan2(to.x - from.x, from.y - to.y) / RAD + 360) % 360;
}

export function along(from: Spot, deg: number, metres: number): Spot {
  return { x: from.x + Math.sin(deg * RAD) * metres, y: from.y - Math.cos(deg * RAD) * metres };
}

/** True when two sides of a ring (not repeated at its end) cross: such a zone has no inside. */
export function crossesItself(ring: readonly Spot[]): boolean {
  const sides = ring.map((start, index) => [start, ring[(index + 1) % ring.length] as Spot] as const);
  return sides.some((one, i) =>
    sides.some((other, j) => j > i + 1 && !(i === 0 && j === sides.length - 1) && cross(one, other)),
  );
}

type Side = readonly [Spot, Spot];

function cross([a, b]: Side, [c, d]: Side): boolean {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

function turn(a: Spot, b: Spot, c: Spot): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

export type Pasted =
  | { readonly is: "good"; readonly at: LonLat }
  | { readonly is: "swapped"; readonly at: LonLat }
  | { readonly is: "far"; readonly at: LonLat; readonly km: number }
  | { readonly is: "unreadable" };

const NEAR_KM = 50;

/** "44.1001, 3.0781" as people paste it, latitude first; told when it only makes sense the other way round. */
export function pasted(text: string, centre: LonLat): Pasted {
  const numbers = text.trim().split(/[\s;,]+/).map(Number);
  const [lat, lon] = numbers;
  if (numbers.length !== 2 || lat === undefined || lon === undefined || !numbers.every(Number.isFinite)) {
    return { is: "unreadable" };
  }
  const km = awayKm([lon, lat], centre);
  if (km <= NEAR_KM) return { is: "good", at: [lon, lat] };
  if (awayKm([lat, lon], centre) <= NEAR_KM) return { is: "swapped", at: [lat, lon] };
  return { is: "far", at: [lon, lat], km };
}

function awayKm(at: LonLat, centre: LonLat): number {
  const { x, y } = new Plane(centre).spot(at);
  return Math.hypot(x, y) / 1000;
}
