/** Replay of one camera: instant, window of the timeline, coverage, selection. */

import { computed, signal } from "@preact/signals";
import type { Camera } from "../../api";
import { readTyped, townInstants } from "../../i18n";
import { type Coverage, type ReplayReport, type Span, SPEEDS } from "../../media";
import { nextRecorded, type Piece, pieceAt, pieces, type Selection, selectionSpan } from "../../timeline/coverage";
import { following, type Scale, zoomed } from "../../timeline/scale";
import { type OpenedReplay, openReplayer } from "../replaying";
import { cameraOf, cameras, has, nowUs, reason, words, zone } from "../store";

export type Window_ = Omit<Scale, "widthPx">;

const WINDOW_US = 40 * 60e6;
const BACK_US = 60e6;

export const cameraId = signal<string | null>(null);
export const camera = computed(() => cameraOf(cameraId.value));
/** At most ten changes a second while playing. */
export const report = signal<ReplayReport | null>(null);
export const scale = signal<Window_>({ fromUs: 0, toUs: WINDOW_US });
export const coverage = signal<Coverage | null>(null);
/** The span `coverage` answers for. */
const coveredSpan = signal<Span | null>(null);
export const wideCoverage = signal<Coverage | null>(null);
export const coverageError = signal("");
export const selection = signal<Selection>({ fromUs: null, toUs: null });
export const opened = signal<OpenedReplay | null>(null);
/** Two instants a typed hour may mean. */
export const ambiguous = signal<readonly [number, number] | null>(null);
export const gotoError = signal<"" | "bad" | "never" | "future">("");

export const atUs = computed(() => report.value?.atUs ?? 0);
/** What is on screen: on the way to an instant, the picture there has its own. */
export const shownUs = computed(() => {
  const told = report.value;
  return told?.state === "loading" && !told.isPlaying && told.pictureAtUs !== null ? told.pictureAtUs : atUs.value;
});
/** Nobody waits for a picture: what surrounds it may be asked for. */
export const isSettled = computed(() => report.value !== null && !["idle", "loading"].includes(report.value.state));
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
export const selected = computed(() => selectionSpan(selection.value));

export function openFromAddress(): void {
  const query = new URLSearchParams(location.search);
  const asked = query.get("camera");
  const at = Date.parse(query.get("at") ?? "");
  const startUs = Number.isNaN(at) ? nowUs() - BACK_US : at * 1000;
  const first = asked && cameraOf(asked) ? asked : null;
  cameraId.value = first ?? cameras.value.find((one) => one.state === "recording")?.id ?? cameras.value[0]?.id ?? null;
  startAtUs = Math.min(startUs, nowUs());
  scale.value = centred(startAtUs);
}

let startAtUs = 0;

function centred(middleUs: number): Window_ {
  const span = scale.value.toUs - scale.value.fromUs;
  return { fromUs: middleUs - span / 2, toUs: middleUs + span / 2 };
}

const TEXT_EVERY_MS = 100;
let toldMs = 0;

/** Opens the chosen camera on a canvas, at the instant of the one before. Returns what closes it. */
export function openOn(canvas: HTMLCanvasElement, chosen: Camera, onFrame: (atUs: number) => void): () => void {
  const made = openReplayer(chosen, canvas, (fresh) => {
    onFrame(fresh.atUs);
    const before = report.value;
    const isCalm = before?.state === fresh.state && before.isPlaying && fresh.isPlaying;
    if (isCalm && performance.now() - toldMs < TEXT_EVERY_MS) return;
    toldMs = performance.now();
    report.value = fresh;
    follow(fresh.atUs);
  });
  opened.value = made;
  coverage.value = null;
  coveredSpan.value = null;
  wideCoverage.value = null;
  if (reason.value && has("replay")) void made.replayer.seek(startAtUs);
  return () => {
    startAtUs = report.value?.atUs || startAtUs;
    opened.value = null;
    made.replayer.close();
  };
}

function follow(toUs: number): void {
  const next = following({ ...scale.value, widthPx: 1 }, toUs);
  if (next.fromUs !== scale.value.fromUs) scale.value = { fromUs: next.fromUs, toUs: next.toUs };
}

export async function seek(toUs: number): Promise<void> {
  await opened.value?.replayer.seek(Math.min(Math.max(0, toUs), nowUs()));
  writeAddress();
}

export function seekBy(byUs: number): void {
  void seek(atUs.value + byUs);
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

export function togglePlay(): void {
  const replayer = opened.value?.replayer;
  if (report.value?.isPlaying) replayer?.pause();
  else replayer?.play();
}

export function changeSpeed(by: 1 | -1): void {
  const current = SPEEDS.indexOf(report.value?.speed ?? 1);
  const next = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, current + by))];
  if (next !== undefined) opened.value?.replayer.setSpeed(next);
}

export function toggleDirection(): void {
  opened.value?.replayer.setDirection(report.value?.direction === -1 ? 1 : -1);
}

export function step(direction: 1 | -1): void {
  void opened.value?.replayer.step(direction);
}

export function zoomBy(factor: number): void {
  const next = zoomed({ ...scale.value, widthPx: 1 }, factor, atUs.value);
  scale.value = { fromUs: next.fromUs, toUs: next.toUs };
}

export function markIn(): void {
  selection.value = { ...selection.value, fromUs: atUs.value };
}

/** The picture on screen belongs to the selection: its end is just after it. */
export function markOut(): void {
  selection.value = { ...selection.value, toUs: atUs.value };
}

export function clearSelection(): void {
  selection.value = { fromUs: null, toUs: null };
}

/** Where footage goes on after a gap, when that is known. */
export const afterGapUs = computed(() => {
  const here = herePiece.value;
  if (!here || here.kind === "recorded") return null;
  return nextRecorded(windowPieces.value, here.toUs);
});

export function skipGap(): void {
  const next = afterGapUs.value;
  if (next !== null) void seek(next);
}

/** Goes to what was typed; asks which one when the hour happened twice. True when it went or asked. */
export function goToTyped(text: string): boolean {
  const typed = readTyped(text, atUs.value || nowUs(), zone());
  const found = typed ? townInstants(typed, zone()) : [];
  const [first, second] = found;
  gotoError.value = !typed ? "bad" : first === undefined ? "never" : first > nowUs() ? "future" : "";
  if (first === undefined || gotoError.value) return false;
  if (second !== undefined && second <= nowUs()) ambiguous.value = [first, second];
  else void seek(first);
  return true;
}

export function settle(toUs: number): void {
  ambiguous.value = null;
  void seek(toUs);
}

/** True when the window shows time whose coverage was not asked for. */
export const isUncovered = computed(() => {
  const known = coveredSpan.value;
  if (!known) return true;
  return scale.value.fromUs < known.from_at_us || Math.min(scale.value.toUs, nowUs()) > known.to_at_us + ON_ITS_WAY_US;
});

/** What exists around the window; asked again as it moves and, near now, as time goes by. */
export async function loadCoverage(): Promise<void> {
  const { doors } = opened.value ?? {};
  const chosen = camera.value;
  if (!doors || !chosen || !reason.value) return;
  const { fromUs, toUs } = scale.value;
  const span = toUs - fromUs;
  try {
    const asked = { from_at_us: Math.round(fromUs - span), to_at_us: Math.round(Math.min(toUs + span, nowUs())) };
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

export async function loadWideCoverage(): Promise<void> {
  const { doors } = opened.value ?? {};
  const chosen = camera.value;
  if (!doors || !chosen || !reason.value) return;
  try {
    const asked = { from_at_us: Math.round(nowUs() - chosen.retention_s * 1e6), to_at_us: Math.round(nowUs()) };
    const answer = await doors.coverage(streamOf(chosen), asked);
    if (opened.value?.doors === doors) wideCoverage.value = answer;
  } catch {
    wideCoverage.value = null; // The window's own coverage says what went wrong.
  }
}

function streamOf(chosen: Camera): "main" | "sub" {
  return chosen.streams.some((one) => one.stream === "main") ? "main" : "sub";
}
