/** What the post shows: one spot, its neighbours, a strip chosen by hand. */

import { computed, signal } from "@preact/signals";
import type { Camera } from "../../api";
import { t } from "../../i18n";
import { type Direction, neighbours, type Point, rankedBySight } from "../../map/geometry";
import type { Target } from "../map-panel";
import { bestFirst, spread } from "./choice";
import { isNumber, isString, isStrings, remember, remembered } from "../preferences";
import type { Found } from "../search";
import { announce, byId, cameraOf, cameras, openCameras } from "../store";

export const STRIP_COUNTS = [4, 6, 9] as const;

export const spotId = signal<string | null>(null);
export const target = signal<Target | null>(null);
export const stripIds = signal<readonly string[]>([]);
export const stripCount = signal(6);
/** Seconds before now at which the review began; null when the spot is live. */
export const reviewFromUs = signal<number | null>(null);

export const spot = computed(() => cameraOf(spotId.value));
export const around = computed(() => (spot.value ? neighbours(spot.value, openCameras.value) : {}));
export const strip = computed(() =>
  stripIds.value
    .slice(0, stripCount.value)
    .map((id) => byId.value.get(id))
    .filter((one): one is Camera => one !== undefined),
);

/** Where this post was left, or a first choice: the camera with the most neighbours that records. */
export function openPost(): void {
  const asked = new URLSearchParams(location.search).get("camera");
  const left = asked ?? remembered("spot", "", isString);
  spotId.value = byId.value.has(left) ? left : firstSpot();
  const count = remembered("strip.count", 6, isNumber);
  stripCount.value = STRIP_COUNTS.find((one) => one === count) ?? 6;
  const kept = remembered("strip", [] as string[], isStrings).filter((id) => byId.value.has(id));
  stripIds.value = filled(kept);
}

function firstSpot(): string | null {
  const best = bestFirst(openCameras.value.filter((one) => one.kind === "fixed" && !one.workshop), openCameras.value);
  return (best[0] ?? cameras.value[0])?.id ?? null;
}

/** Completes the strip to nine: cameras that record, far from the spot and from each other. */
function filled(kept: readonly string[]): string[] {
  const near = new Set([spotId.value, ...Object.values(around.value).map((one) => one.camera.id)]);
  const ids = [...kept];
  const away = openCameras.value.filter((one) => !near.has(one.id) && !ids.includes(one.id));
  const taken = [spot.value, ...kept.map(cameraOf)].filter((one) => one !== null);
  return [...ids, ...spread(away, taken, 9 - ids.length).map((one) => one.id)];
}

export function show(id: string): void {
  const camera = byId.value.get(id);
  if (!camera) return;
  reviewFromUs.value = null;
  spotId.value = id;
  remember("spot", id);
  announce(t("announce.spot", { name: camera.name }));
}

/** A place: the camera that sees it best goes to the spot, the list ranks the others. */
export function lookAt(place: Target): void {
  target.value = place;
  const best = rankedBySight(openCameras.value, place).find((one) => one.camera.state === "recording");
  if (best) show(best.camera.id);
}

export function chooseFound(found: Found): void {
  if (found.kind === "camera") {
    target.value = null;
    show(found.camera.id);
  } else lookAt(found.place);
}

export function pointAt(at: Point): void {
  lookAt({ ...at, name: `${at.lat.toFixed(4)}, ${at.lon.toFixed(4)}` });
}

export function goTo(direction: Direction): void {
  const next = around.value[direction];
  if (next) show(next.camera.id);
}

export function showTile(index: number): void {
  const camera = strip.value[index];
  if (camera) show(camera.id);
}

/** Puts the spot's camera into a tile; when it was in another tile, the two change places. */
export function placeInTile(index: number): void {
  const id = spotId.value;
  if (id === null || index >= stripCount.value) return;
  const ids = [...stripIds.value];
  const before = ids.indexOf(id);
  const replaced = ids[index];
  if (before >= 0 && replaced !== undefined) ids[before] = replaced;
  ids[index] = id;
  stripIds.value = ids;
  remember("strip", ids);
}

export function setStripCount(count: number): void {
  stripCount.value = count;
  remember("strip.count", count);
}
