/** Replay of one camera: instant, window of the timeline, coverage, selection. */

import { computed, signal } from "@preact/signals";
import type { Camera } from "../../api";
import type { Coverage, Span } from "../../media";
import { Desk } from "../../replay/desk";
import { nextRecorded, type Piece, pieceAt, pieces } from "../../timeline/coverage";
import * as locks from "../locks";
import { type OpenedReplay, openReplayer } from "../replaying";
import { cameraOf, cameras, has, nowUs, oldestUs, reason, words, zone } from "../store";

const BACK_US = 60e6;
const DAY_US = 86_400e6;

export const cameraId = signal<string | null>(null);
export const camera = computed(() => cameraOf(cameraId.value));
export const desk = new Desk({ zone, lastUs: nowUs, onMoved: writeAddress });
export const { report, scale, selection, atUs, shownUs, isSettled, selected } = desk;
export const coverage = signal<Coverage | null>(null);
/** The span `coverage` answers for. */
const coveredSpan = signal<Span | null>(null);
export const wideCoverage = signal<Coverage | null>(null);
export const coverageError = signal("");
export const opened = signal<OpenedReplay | null>(null);

/** The last seconds are still on their way to the disk: they are not missing. */
const ON_ITS_WAY_US = 15e6;

export const windowPieces = computed(() => {
  const known = coverage.value;
  if (!known) return [];
  const isGrowing = nowUs() - known.newest_at_us < ON_ITS_WAY_US;
  const endUs = isGrowing ? known.newest_at_us : nowUs();
  return pieces(known, scale.value.fromUs, Math.min(scale.value.toUs, endUs));
});
export const herePiece = computed<Piece | null>(() => pieceAt(windowPieces.value, atUs.value));

export function openFromAddress(): void {
  const query = new URLSearchParams(location.search);
  const asked = query.get("camera");
  const at = Date.parse(query.get("at") ?? "");
  const startUs = Number.isNaN(at) ? nowUs() - BACK_US : at * 1000;
  const first = asked && cameraOf(asked) ? asked : null;
  cameraId.value = first ?? cameras.value.find((one) => one.state === "recording")?.id ?? cameras.value[0]?.id ?? null;
  startAtUs = Math.min(startUs, nowUs());
  desk.centre(startAtUs);
}

let startAtUs = 0;

/** Opens the chosen camera on a canvas, at the instant of the one before. Returns what closes it. */
export function openOn(canvas: HTMLCanvasElement, chosen: Camera): () => void {
  const made = openReplayer(chosen, canvas, (fresh) => desk.take(fresh));
  desk.replayer.value = made.replayer;
  opened.value = made;
  coverage.value = null;
  coveredSpan.value = null;
  wideCoverage.value = null;
  locks.holds.value = [];
  locks.lockState.value = { kind: "idle" };
  if (reason.value && has("replay")) void made.replayer.seek(startAtUs);
  return () => {
    startAtUs = report.value?.atUs || startAtUs;
    opened.value = null;
    desk.replayer.value = null;
    made.replayer.close();
  };
}

export function choose(id: string): void {
  cameraId.value = id;
  writeAddress();
}

/** The address of the moment: it can be sent to a colleague, who needs the right and a reason to open it. */
function writeAddress(): void {
  const query = new URLSearchParams({
    camera: cameraId.value ?? "",
    at: new Date(Math.round(atUs.value / 1000)).toISOString(),
  });
  history.replaceState(null, "", `?${query}`);
}

/** Where footage goes on after a gap, when that is known. */
export const afterGapUs = computed(() => {
  const here = herePiece.value;
  if (!here || here.kind === "recorded") return null;
  return nextRecorded(windowPieces.value, here.toUs);
});

export function skipGap(): void {
  const next = afterGapUs.value;
  if (next !== null) void desk.seek(next);
}

/** True when the window shows time whose coverage was not asked for. */
export const isUncovered = computed(() => {
  const known = coveredSpan.value;
  if (!known) return true;
  const chosen = camera.value;
  const neededUs = chosen ? Math.max(scale.value.fromUs, oldestUs(chosen)) : scale.value.fromUs;
  return neededUs < known.from_at_us - ON_ITS_WAY_US || Math.min(scale.value.toUs, nowUs()) > known.to_at_us + ON_ITS_WAY_US;
});

/** What exists around the window; asked again as it moves and, near now, as time goes by. */
export async function loadCoverage(): Promise<void> {
  const { doors } = opened.value ?? {};
  const chosen = camera.value;
  if (!doors || !chosen || !reason.value) return;
  const { fromUs, toUs } = scale.value;
  const span = toUs - fromUs;
  try {
    const toAtUs = Math.round(Math.min(toUs + span, nowUs()));
    const fromAtUs = Math.round(Math.min(Math.max(fromUs - span, oldestUs(chosen)), toAtUs));
    const asked = { from_at_us: fromAtUs, to_at_us: toAtUs };
    const answer = await doors.coverage(streamOf(chosen), asked);
    if (opened.value?.doors === doors) {
      coverage.value = answer;
      coveredSpan.value = asked;
    }
    coverageError.value = "";
  } catch (error) {
    coverageError.value = words(error);
  }
}

/** Locks over the whole retention: holds are few. */
export async function loadHolds(): Promise<void> {
  const chosen = camera.value;
  if (chosen && has("replay")) await locks.loadHolds(chosen, { fromUs: nowUs() - chosen.retention_s * 2e6, toUs: nowUs() + DAY_US });
}

/** Locks what is marked, or some minutes around the instant: one key, no question. */
export function lockHere(): void {
  const chosen = camera.value;
  if (chosen) void locks.lockNow([chosen], locks.lockSpan(selected.value, atUs.value, nowUs()));
}

export function askExtraction(): void {
  const chosen = camera.value;
  if (!chosen || !has("lock")) return;
  location.assign(locks.requestAddress([chosen], locks.lockSpan(selected.value, atUs.value, nowUs())));
}

export async function loadWideCoverage(): Promise<void> {
  const { doors } = opened.value ?? {};
  const chosen = camera.value;
  if (!doors || !chosen || !reason.value) return;
  try {
    const asked = { from_at_us: Math.round(oldestUs(chosen)), to_at_us: Math.round(nowUs()) };
    const answer = await doors.coverage(streamOf(chosen), asked);
    if (opened.value?.doors === doors) wideCoverage.value = answer;
  } catch {
    wideCoverage.value = null; // The window's own coverage says what went wrong.
  }
}

function streamOf(chosen: Camera): "main" | "sub" {
  return chosen.streams.some((one) => one.stream === "main") ? "main" : "sub";
}
