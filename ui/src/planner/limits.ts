/** What the optimiser may do: counts, tilts, zones that must be seen, masts that may not stand, phases. */

import { computed, signal } from "@preact/signals";
import { call } from "../api";
import { ringsOf, type Spot } from "./plane";
import * as store from "./store";
import type { Area, LonLat } from "./types";

export interface MastSpot {
  readonly id: string;
  readonly name: string;
  readonly position: LonLat;
  readonly is_own: boolean;
}

export interface PhaseLimit {
  readonly phase: string;
  readonly cameras: number;
  readonly sites: number;
}

export const LEAST_PERCENT = 50;

/** Empty: the scenario's own count. */
export const cameras = signal<number | null>(null);
export const sites = signal<number | null>(null);
export const tilts = signal("8, 12, 18");
/** Zone to the least share of it, in percent. */
export const mandatory = signal<ReadonlyMap<string, number>>(new Map());
export const forbidden = signal<ReadonlySet<string>>(new Set());
export const isByPhase = signal(false);
export const phaseLimits = signal<ReadonlyMap<string, PhaseLimit>>(new Map());
export const spots = signal<readonly MastSpot[]>([]);

/** The phases that the draft has cameras of, with what it does in each; what was typed comes before. */
export const phases = computed<readonly PhaseLimit[]>(() => {
  const seen = new Set<string>();
  return (store.ground.value?.phases ?? []).flatMap(({ id }) => {
    const rows = store.draft.value.cameras.filter((row) => row.phase === id);
    const masts = new Set(rows.map((row) => row.site || row.id));
    const opened = [...masts].filter((site) => !seen.has(site));
    for (const site of masts) seen.add(site);
    return rows.length ? [phaseLimits.value.get(id) ?? { phase: id, cameras: rows.length, sites: Math.max(1, opened.length) }] : [];
  });
});

export const ownCounts = computed(() => {
  const rows = store.draft.value.cameras;
  return { cameras: rows.length, sites: new Set(rows.map((row) => row.site || row.id)).size };
});

const angles = (text: string): number[] =>
  text.split(/[;,\s]+/).map((one) => Number(one)).filter((one) => Number.isFinite(one) && one >= 0 && one <= 60);

/** What the field says, at most four; nothing readable is 12°. */
export const tiltsDeg = computed(() => {
  const found = [...new Set(tilts.value.trim() ? angles(tilts.value.trim()) : [])].slice(0, 4);
  return found.length ? found : [12];
});

/** The question as web takes it. */
export function question(): Readonly<Record<string, unknown>> {
  return {
    class_id: store.classId.value,
    cameras: cameras.value,
    sites: sites.value,
    tilts_deg: tiltsDeg.value,
    mandatory: [...mandatory.value].map(([zone, percent]) => ({ zone, least_share: percent / 100 })),
    forbidden: [...forbidden.value],
    phases: isByPhase.value ? phases.value : [],
  };
}

export function setMandatory(zone: string, percent: number | null): void {
  const next = new Map(mandatory.value);
  if (percent === null) next.delete(zone);
  else next.set(zone, Math.min(100, Math.max(1, Math.round(percent))));
  mandatory.value = next;
}

export function bar(spot: string, isBarred: boolean): void {
  const next = new Set(forbidden.value);
  if (isBarred) next.add(spot);
  else next.delete(spot);
  forbidden.value = next;
}

export async function loadSpots(scenario: string): Promise<void> {
  try {
    spots.value = (await call<{ spots: readonly MastSpot[] }>(`/api/plan/scenarios/${encodeURIComponent(scenario)}/spots`)).spots;
  } catch (error) {
    store.tellError(error);
  }
}

/** A click on the map: the mast under it, else the zone around it, changes sides. */
export function click(at: Spot, reachM: number): void {
  const near = spots.value
    .map((spot) => ({ spot, metres: distance(store.plane.value.spot(spot.position), at) }))
    .sort((a, b) => a.metres - b.metres)[0];
  if (near && near.metres <= reachM) return bar(near.spot.id, !forbidden.value.has(near.spot.id));
  const zone = allZones().find(({ shape }) => holds(shape, at));
  if (zone) setMandatory(zone.id, mandatory.value.has(zone.id) ? null : LEAST_PERCENT);
}

export const allZones = (): readonly { readonly id: string; readonly name?: string; readonly shape: Area }[] =>
  [...(store.ground.value?.zones ?? []), ...store.draft.value.zones];

const distance = (one: Spot, other: Spot): number => Math.hypot(one.x - other.x, one.y - other.y);

/** Even-odd rule over all rings, holes included. */
function holds(shape: Area, at: Spot): boolean {
  let isIn = false;
  for (const ring of ringsOf(shape)) {
    const spotsOfRing = ring.map((one) => store.plane.value.spot(one));
    spotsOfRing.forEach((a, index) => {
      const b = spotsOfRing[(index + 1) % spotsOfRing.length] ?? a;
      if (a.y > at.y !== b.y > at.y && at.x < ((b.x - a.x) * (at.y - a.y)) / (b.y - a.y) + a.x) isIn = !isIn;
    });
  }
  return isIn;
}
