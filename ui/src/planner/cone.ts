/** A camera's ground before web answers: the same trapezoids as `calc/footprint`, walls not counted. Pure. */

import { along, type Spot } from "./plane";
import type { CameraRow, DensityClass, Model } from "./types";

const RAD = Math.PI / 180;
const TARGET_M = 1.5;
const MOST_M = 400;

export interface Lens {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly hfovDeg: number;
  /** Null: nobody stated it. */
  readonly nightRangeM: number | null;
}

/** What the row says, else its model. */
export function lensOf(row: CameraRow, models: readonly Model[]): Lens {
  const model = models.find((one) => one.id === row.model);
  return {
    widthPx: row.width_px ?? model?.width_px ?? 1920,
    heightPx: row.height_px ?? model?.height_px ?? 1080,
    hfovDeg: row.hfov_deg ?? model?.hfov_deg ?? 60,
    nightRangeM: row.night_range_m ?? model?.night_range_m ?? null,
  };
}

/** On the ground, how far its own light reaches a target; nothing when nobody stated its range. */
export function litM(row: CameraRow, lens: Lens): number {
  return Math.sqrt(Math.max(0, (lens.nightRangeM ?? 0) ** 2 - (row.height_m - TARGET_M) ** 2));
}

export const focalPx = (lens: Lens): number => lens.widthPx / (2 * Math.tan((lens.hfovDeg * RAD) / 2));

export const vfovDeg = (lens: Lens): number => (2 * Math.atan(lens.heightPx / (2 * focalPx(lens)))) / RAD;

/** Along the optical axis, of a target at this distance on the ground. */
function depthM(row: CameraRow, distanceM: number): number {
  const tilt = row.tilt_deg * RAD;
  return distanceM * Math.cos(tilt) + (row.height_m - TARGET_M) * Math.sin(tilt);
}

/** Below the horizon, to a head 1.7 m up at this distance. */
export function depressionDeg(row: CameraRow, distanceM: number): number {
  return Math.atan2(row.height_m - 1.7, distanceM) / RAD;
}

/** Where the bottom and the top of the picture meet a target: dead zone, then horizon (may be infinite). */
export function reachM(row: CameraRow, lens: Lens): { nearM: number; farM: number } {
  const half = vfovDeg(lens) / 2;
  const [below, above] = [(row.tilt_deg + half) * RAD, (row.tilt_deg - half) * RAD];
  const down = row.height_m - TARGET_M;
  if (below <= 0) return { nearM: Infinity, farM: Infinity };
  return { nearM: below >= Math.PI / 2 ? 0 : down / Math.tan(below), farM: above > 0 ? down / Math.tan(above) : Infinity };
}

/** Distance on the axis where a density ends. */
export function farthestM(row: CameraRow, lens: Lens, leastPxM: number): number {
  const tilt = row.tilt_deg * RAD;
  const depth = focalPx(lens) / leastPxM;
  const byDensity = (depth - (row.height_m - TARGET_M) * Math.sin(tilt)) / Math.max(Math.cos(tilt), 1e-9);
  return Math.min(byDensity, reachM(row, lens).farM, MOST_M);
}

export interface CoarseBand {
  readonly classId: string;
  readonly corners: readonly Spot[];
}

/** One trapezoid a class, the coarsest first; each covers the finer ones, which are drawn over it. */
export function coarseBands(row: CameraRow, at: Spot, lens: Lens, classes: readonly DensityClass[], mostM = MOST_M): CoarseBand[] {
  const { nearM } = reachM(row, lens);
  return classes.flatMap((one) => {
    const farM = Math.min(mostM, farthestM(row, lens, one.least_px_m));
    if (!(nearM < farM)) return [];
    return [{ classId: one.id, corners: trapezoid(row, at, lens, [Math.max(0, nearM), farM]) }];
  });
}

function trapezoid(row: CameraRow, at: Spot, lens: Lens, [nearM, farM]: readonly [number, number]): Spot[] {
  const slope = Math.tan((lens.hfovDeg * RAD) / 2);
  return ([[nearM, -1], [farM, -1], [farM, 1], [nearM, 1]] as const).map(([distanceM, side]) => {
    const onAxis = along(at, row.bearing_deg, distanceM);
    return along(onAxis, row.bearing_deg + 90, side * depthM(row, distanceM) * slope);
  });
}
