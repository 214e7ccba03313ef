/** Changes of a draft: each takes one and gives another. Pure. */

import type { CameraRow, Draft, LonLat, Model, ZoneRow } from "./types";

export const HFOV_MIN_DEG = 2;
export const HFOV_MAX_DEG = 170;

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The row as web accepts it: bearing in [0, 360), tilt, height and field within what a camera can do. */
export function tidy(row: CameraRow): CameraRow {
  return {
    ...row,
    bearing_deg: tenth(((row.bearing_deg % 360) + 360) % 360) % 360,
    tilt_deg: tenth(within(row.tilt_deg, -30, 90)),
    height_m: tenth(within(row.height_m, 1.6, 100)),
    ...(row.night_range_m == null ? {} : { night_range_m: tenth(within(row.night_range_m, 0, 1000)) }),
    ...(row.hfov_deg == null ? {} : { hfov_deg: tenth(within(row.hfov_deg, HFOV_MIN_DEG, HFOV_MAX_DEG)) }),
  };
}

export function changedCamera(draft: Draft, id: string, change: Partial<CameraRow>): Draft {
  return { ...draft, cameras: draft.cameras.map((row) => (row.id === id ? tidy({ ...row, ...change }) : row)) };
}

/** The same night range for all these cameras: nobody had stated theirs. */
export function withNightRange(draft: Draft, ids: readonly string[], rangeM: number): Draft {
  const asked = new Set(ids);
  return { ...draft, cameras: draft.cameras.map((row) => (asked.has(row.id) ? tidy({ ...row, night_range_m: rangeM }) : row)) };
}

export function withCamera(draft: Draft, at: LonLat, model: Model): { draft: Draft; id: string } {
  const id = freeId("nouvelle", draft.cameras);
  const row: CameraRow = {
    id,
    position: at,
    height_m: 6,
    bearing_deg: 0,
    tilt_deg: 12,
    model: model.id,
    hfov_deg: model.hfov_deg,
    kind: model.kind,
    site: id,
  };
  return { draft: { ...draft, cameras: [...draft.cameras, row] }, id };
}

/** Another camera on the same mast, looking the other way. */
export function withTwin(draft: Draft, of: CameraRow): { draft: Draft; id: string } {
  const id = freeId("nouvelle", draft.cameras);
  const row = tidy({ ...of, id, bearing_deg: of.bearing_deg + 180, presets: [] });
  return { draft: { ...draft, cameras: [...draft.cameras, row] }, id };
}

export function withoutCamera(draft: Draft, id: string): Draft {
  return { ...draft, cameras: draft.cameras.filter((row) => row.id !== id) };
}

export function withZone(draft: Draft, ring: readonly LonLat[], name: string): { draft: Draft; id: string } {
  const id = freeId("dessin", draft.zones);
  const zone: ZoneRow = { id, name, shape: surface(ring) };
  return { draft: { ...draft, zones: [...draft.zones, zone] }, id };
}

export function changedZone(draft: Draft, id: string, change: { name?: string; ring?: readonly LonLat[] }): Draft {
  const { ring, name } = change;
  const changed = { ...(name === undefined ? {} : { name }), ...(ring ? { shape: surface(ring) } : {}) };
  return { ...draft, zones: draft.zones.map((row) => (row.id === id ? { ...row, ...changed } : row)) };
}

export function withoutZone(draft: Draft, id: string): Draft {
  return { ...draft, zones: draft.zones.filter((row) => row.id !== id) };
}

function surface(ring: readonly LonLat[]): ZoneRow["shape"] {
  return { type: "Polygon", coordinates: [[...ring, ring[0] as LonLat]] };
}

function freeId(base: string, rows: readonly { readonly id: string }[]): string {
  const taken = new Set(rows.map((row) => row.id));
  for (let number = 1; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

/** Cameras in service when a phase ends; those of no phase, just dropped, are always there. */
export function until(draft: Draft, phases: readonly { readonly id: string }[], last: number): Draft {
  const kept = new Set(phases.slice(0, last + 1).map((one) => one.id));
  return { ...draft, cameras: draft.cameras.filter((row) => !row.phase || kept.has(row.phase)) };
}
