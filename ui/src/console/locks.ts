/** Locks: put at once by one key, known around what is looked at, told in words. */

import { signal } from "@preact/signals";
import { api, type Camera, type Hold } from "../api";
import { hourMinute, hourSecond, longDay, shortDay, t } from "../i18n";
import type { Band } from "../timeline/coverage";
import { announce, currentLanguage, has, nowUs, reason, words, zone } from "./store";

export type LockState =
  | { readonly kind: "idle" }
  | { readonly kind: "running" }
  | { readonly kind: "held"; readonly holds: readonly Hold[] }
  | { readonly kind: "failed"; readonly message: string };

export const lockState = signal<LockState>({ kind: "idle" });
/** In force on the camera that is looked back at, as last told. */
export const holds = signal<readonly Hold[]>([]);

const FACTS_MAX = 120;
const SHORT_US = 120e6;
/** Locked around an instant when no span was marked. */
const AROUND_US = 5 * 60e6;
/** Locked from the live picture: what just happened. */
export const JUST_NOW_US = 10 * 60e6;

export interface LockSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What the key locks: the marked span, else some minutes around the instant, never what has not happened yet. */
export function lockSpan(marked: LockSpan | null, atUs: number, lastUs: number): LockSpan {
  if (marked) return marked;
  const toUs = Math.min(lastUs, atUs + AROUND_US);
  return { fromUs: Math.min(atUs, toUs) - AROUND_US, toUs };
}

/** The facts of a lock in general words: the reason under which one looks. */
export function lockFacts(label: string, reference: string): string {
  return [label, reference].filter(Boolean).join(" ").slice(0, FACTS_MAX);
}

export async function lockNow(cameras: readonly Camera[], span: LockSpan): Promise<void> {
  const given = reason.value;
  if (!has("lock") || cameras.length === 0 || lockState.value.kind === "running" || !given) return;
  lockState.value = { kind: "running" };
  try {
    const { holds: made } = await api.lock({
      kind: "incident",
      cameras: cameras.map((one) => one.id),
      from_at_us: Math.round(span.fromUs),
      to_at_us: Math.round(span.toUs),
      facts: lockFacts(given.label, given.reference),
    });
    lockState.value = { kind: "held", holds: made };
    holds.value = [...holds.value, ...made];
    announce(made.map((one) => heldWords(one)).join(" "));
  } catch (error) {
    lockState.value = { kind: "failed", message: words(error) };
  }
}

/** Asks for the locks around a window of one camera; without an answer those known before stay. */
export async function loadHolds(camera: Camera, span: LockSpan): Promise<void> {
  try {
    const { holds: told } = await api.holds(camera.id, span.fromUs, span.toUs);
    holds.value = told;
  } catch {
    // The window's coverage says what went wrong.
  }
}

export function holdsIn(all: readonly Hold[], camera: string, span: LockSpan): Hold[] {
  return all.filter(
    (one) => one.camera === camera && one.from_at_us < span.toUs && one.to_at_us > span.fromUs && one.until_at_us > nowUs(),
  );
}

/** The parts of a span that no lock keeps. */
export function unheld(all: readonly Hold[], camera: string, span: LockSpan): LockSpan[] {
  const held = holdsIn(all, camera, span).sort((a, b) => a.from_at_us - b.from_at_us);
  const left: LockSpan[] = [];
  let { fromUs } = span;
  for (const one of held) {
    if (one.from_at_us > fromUs) left.push({ fromUs, toUs: one.from_at_us });
    fromUs = Math.max(fromUs, one.to_at_us);
  }
  if (fromUs < span.toUs) left.push({ fromUs, toUs: span.toUs });
  return left;
}

export function untilWords(hold: Hold): string {
  return longDay(hold.until_at_us, zone(), currentLanguage());
}

/** To the minute, to the second where minutes would not tell the ends apart. */
export function spanWords({ fromUs, toUs }: LockSpan): string {
  const words = toUs - fromUs < SHORT_US ? hourSecond : hourMinute;
  const hour = (atUs: number): string => words(atUs, zone(), currentLanguage());
  return `${hour(fromUs)} → ${hour(toUs)}`;
}

export function heldWords(hold: Hold): string {
  return t("lock.held", { span: spanWords({ fromUs: hold.from_at_us, toUs: hold.to_at_us }), until: untilWords(hold) });
}

/** Drawn on the timeline, over what was recorded. */
export function holdBands(all: readonly Hold[], camera: string): Band[] {
  return all
    .filter((one) => one.camera === camera && one.until_at_us > nowUs())
    .map((one) => ({
      kind: "hold",
      fromUs: one.from_at_us,
      toUs: one.to_at_us,
      words: bandWords(one),
    }));
}

function bandWords({ number, until_at_us }: Hold): string[] {
  const until = shortDay(until_at_us, zone(), currentLanguage());
  const name = number ? t("lock.named", { number }) : t("lock.name");
  return [t("lock.band", { name, until }), name];
}

/** Where a span is asked for in writing, cameras and hours already filled in. */
export function requestAddress(cameras: readonly Camera[], span: LockSpan): string {
  const query = new URLSearchParams(cameras.map((one) => ["cameras", one.id]));
  query.set("from_at_us", String(Math.round(span.fromUs)));
  query.set("to_at_us", String(Math.round(span.toUs)));
  return `/requisitions/appel/?${query}`;
}
