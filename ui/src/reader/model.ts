/** The opened pack: which cameras are shown, on one clock; what was checked so far. */

import { computed, signal } from "@preact/signals";
import { FootageCache, Replayer, ReplayScreen } from "../media";
import { canDecode } from "../media/capability";
import { type Folder, NotAPack } from "../pack/folder";
import { PackFootage } from "../pack/footage";
import { covered, fileAt, fragmentAt, type Pack, type PackCamera, readPack } from "../pack/pack";
import { type Damage, type Progress, Seal, type Verdict } from "../pack/seal";
import { Desk } from "../replay/desk";
import { type Band, nextRecorded, type Piece, pieceAt, pieces } from "../timeline/coverage";

/** Decoders of a common machine follow this many pictures at once. */
export const SHOWN_MAX = 4;

export interface Opened {
  readonly pack: Pack;
  readonly seal: Seal;
}

export type Opening =
  | { readonly kind: "none" }
  | { readonly kind: "reading" }
  | { readonly kind: "not-a-pack" }
  | { readonly kind: "unreadable"; readonly detail: string };

export const opening = signal<Opening>({ kind: "none" });
export const opened = signal<Opened | null>(null);
export const desk = new Desk({
  zone: () => opened.value?.pack.zone ?? "Europe/Paris",
  lastUs: () => opened.value?.pack.toUs ?? 0,
  onMoved: () => undefined,
});
/** Cameras on screen, the leader among them. */
export const shownIds = signal<readonly string[]>([]);
export const leaderId = signal("");
export const shown = computed(() => camerasOf(shownIds.value));
export const leader = computed(() => camerasOf([leaderId.value])[0] ?? null);
/** Codecs of the pack that this browser cannot decode. */
export const undecodable = signal<ReadonlySet<string>>(new Set());

/** What the seal has said; a new object at each change. */
export const checks = signal<{ readonly read: number; readonly damages: readonly Damage[] }>({ read: 0, damages: [] });
export const wholeCheck = signal<(Progress & { readonly isDone: boolean; readonly abort: AbortController }) | null>(null);

function camerasOf(ids: readonly string[]): readonly PackCamera[] {
  const all = opened.value?.pack.cameras ?? [];
  return ids.flatMap((id) => all.find((one) => one.id === id) ?? []);
}

export async function openFolder(folder: Promise<Folder> | Folder): Promise<void> {
  opening.value = { kind: "reading" };
  try {
    take(await readPack(await folder));
    opening.value = { kind: "none" };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    opening.value = error instanceof NotAPack ? { kind: "not-a-pack" } : { kind: "unreadable", detail };
  }
}

function take(pack: Pack): void {
  const seal = new Seal(pack);
  const tell = (): void => void (checks.value = { read: seal.readFragments, damages: seal.damages });
  seal.onChange = tell;
  wholeCheck.value?.abort.abort();
  wholeCheck.value = null;
  desk.clearSelection();
  const first = pack.cameras.find((one) => one.files.length > 0) ?? pack.cameras[0];
  const margin = (pack.toUs - pack.fromUs) * 0.1 + 1e6;
  desk.report.value = null;
  desk.scale.value = { fromUs: pack.fromUs - margin, toUs: pack.toUs + margin };
  opened.value = { pack, seal };
  shownIds.value = first ? [first.id] : [];
  leaderId.value = first?.id ?? "";
  tell();
  void learnCodecs(pack);
}

async function learnCodecs(pack: Pack): Promise<void> {
  const codecs = new Set(pack.cameras.flatMap((one) => one.files.map((file) => file.mimeCodec)));
  const answers = await Promise.all([...codecs].map(async (codec) => [codec, await canDecode(codec)] as const));
  undecodable.value = new Set(answers.filter(([, can]) => !can).map(([codec]) => codec));
}

/** Alone on the screen. */
export function showAlone(id: string): void {
  shownIds.value = [id];
  leaderId.value = id;
}

/** Beside the others on the same clock, or away again; the last one stays. */
export function toggleShown(id: string): void {
  const ids = shownIds.value;
  if (!ids.includes(id)) shownIds.value = [...ids, id].slice(-SHOWN_MAX);
  else if (ids.length > 1) shownIds.value = ids.filter((one) => one !== id);
  if (!shownIds.value.includes(leaderId.value)) leaderId.value = shownIds.value[0] ?? "";
}

export function nextCamera(by: 1 | -1): void {
  const all = opened.value?.pack.cameras ?? [];
  const at = all.findIndex((one) => one.id === leaderId.value);
  const next = all[(at + by + all.length) % all.length];
  if (next) showAlone(next.id);
}

/** Opens the shown cameras on their canvases, at the instant of before. Returns what closes them. */
export function openOn(canvases: ReadonlyMap<string, HTMLCanvasElement>): () => void {
  const { pack, seal } = opened.value ?? {};
  if (!pack || !seal) return () => undefined;
  const nowUs = (): number => pack.toUs;
  const screens = camerasOf(shownIds.value).flatMap((camera) => {
    const canvas = canvases.get(camera.id);
    if (!canvas) return [];
    const main = new FootageCache(new PackFootage(camera, seal), nowUs);
    return [{ id: camera.id, screen: new ReplayScreen({ canvas, main, sub: null, nowUs }) }];
  });
  const [first, ...rest] = screens.map((one) => one.screen);
  if (!first) return () => undefined;
  const atUs = desk.report.value?.atUs ?? Math.max(pack.asked.fromUs, pack.fromUs);
  const replayer = new Replayer({
    screens: [first, ...rest],
    nowUs,
    oldestUs: () => pack.fromUs,
    onChange: (fresh) => desk.take(fresh),
  });
  desk.replayer.value = replayer;
  lead = () => {
    const screen = screens.find((one) => one.id === leaderId.value)?.screen;
    if (screen) replayer.lead(screen);
  };
  lead();
  void replayer.seek(atUs);
  return () => {
    desk.replayer.value = null;
    replayer.close();
  };
}

let lead: () => void = () => undefined;

export function follow(id: string): void {
  leaderId.value = id;
  lead();
}

/** The report of one shown camera. */
export function screenOf(id: string) {
  return desk.report.value?.screens[shownIds.value.indexOf(id)] ?? null;
}

export function piecesOf(camera: PackCamera): readonly Piece[] {
  const { pack } = opened.value ?? {};
  return pack ? pieces(covered(camera), pack.fromUs, pack.toUs) : [];
}

/** Where the camera's footage is not what was sealed. */
export function damageBands(camera: PackCamera, words: string): readonly Band[] {
  const own = checks.value.damages.filter((one) => one.camera === camera.id);
  return own.map(({ fromUs, toUs }) => ({ kind: "damage", fromUs, toUs, words: [words] }));
}

/** The leader's: for the list and for what follows a gap. */
export const allPieces = computed(() => (leader.value ? piecesOf(leader.value) : []));
export const herePiece = computed<Piece | null>(() => pieceAt(allPieces.value, desk.atUs.value));
export const afterGapUs = computed(() => {
  const here = herePiece.value;
  return here && here.kind !== "recorded" ? nextRecorded(allPieces.value, here.toUs) : null;
});

export function skipGap(): void {
  if (afterGapUs.value !== null) void desk.seek(afterGapUs.value);
}

/** Whether the picture on screen is of bytes that were sealed. */
export function verdictOf(camera: PackCamera, pictureAtUs: number | null): Verdict {
  const file = pictureAtUs === null ? null : fileAt(camera, pictureAtUs);
  const fragment = file && fragmentAt(file, pictureAtUs ?? 0);
  return (checks.value && fragment && opened.value?.seal.verdict(fragment)) || "unread";
}

export async function checkAll(): Promise<void> {
  const { seal } = opened.value ?? {};
  if (!seal) return;
  const abort = new AbortController();
  wholeCheck.value = { readBytes: 0, totalBytes: 1, isDone: false, abort };
  try {
    await seal.checkAll((progress) => (wholeCheck.value = { ...progress, isDone: false, abort }), abort.signal);
    if (wholeCheck.value) wholeCheck.value = { ...wholeCheck.value, isDone: true };
  } catch (error) {
    wholeCheck.value = null;
    if (!abort.signal.aborted) opening.value = { kind: "unreadable", detail: error instanceof Error ? error.message : "" };
  }
}
