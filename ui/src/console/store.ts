/** What the three screens share: agent, cameras, states, reason, clock, grants, connections. */

import { computed, effect, signal } from "@preact/signals";
import {
  api,
  type Camera,
  type GivenReason,
  grantsUnder,
  type Me,
  type NodeStatus,
  type ReasonChoice,
  type TownMap,
  type TownState,
  wantsFactor,
  WebError,
} from "../api";
import { currentLanguage, inLanguage, t } from "../i18n";
import { askableCodec, canDecode, Grants, LiveNodes, type LivePlayerOptions, type LiveWay, RemoteClock } from "../media";
import { detectionRangeM } from "../map/geometry";

export const me = signal<Me | null>(null);
export const cameras = signal<readonly Camera[]>([]);
export const nodes = signal<readonly NodeStatus[]>([]);
/** People on a visit in the control room. */
export const visitors = signal(0);
export const reasons = signal<readonly ReasonChoice[]>([]);
export const townMap = signal<TownMap | null>(null);
export const startError = signal("");
/** Agent, cameras and reasons are known. */
export const isReady = signal(false);
export const isLoggedOut = signal(false);
/** Set while web does not answer: when it last did. */
export const webAwaySinceUs = signal<number | null>(null);
/** Town time on this screen, once a second. */
export const tickUs = signal(0);
/** What screen readers are told, at most one sentence per few seconds. */
export const announcement = signal("");

const townClock = new RemoteClock();
export const nowUs = (): number => townClock.nowUs();
export const zone = (): string => me.value?.town.time_zone ?? "Europe/Paris";
export const has = (right: string): boolean => me.value?.rights.includes(right) ?? false;

const DAY_US = 86_400e6;
/** Asked a little later than the limit: the two clocks are not one. */
const DEPTH_MARGIN_US = 60e6;

/** The earliest instant this agent may look at, by the order's retention and by their own depth of replay. */
export function oldestUs(camera: Camera): number {
  const kept = nowUs() - camera.retention_s * 1e6;
  return camera.replay_days === null ? kept : Math.max(kept, nowUs() - camera.replay_days * DAY_US + DEPTH_MARGIN_US);
}

/** True when it is the agent's own depth that ends the view, not the retention. */
export function isDepthShort(camera: Camera): boolean {
  return camera.replay_days !== null && camera.replay_days * 86_400 < camera.retention_s;
}

export interface CarriedReason extends GivenReason {
  readonly label: string;
  readonly sinceUs: number;
  readonly agent: string;
}

const REASON_KEY = "beffroi.reason";
/** A shift: after it the reason is asked again. */
const REASON_LASTS_US = 12 * 3600e6;

export const reason = signal<CarriedReason | null>(null);
export const isAskingReason = signal(false);

/** Why web refused the reason, in its words. */
export const reasonRefusal = signal("");

const ask = grantsUnder(
  () => reason.value,
  (said) => {
    reasonRefusal.value = inLanguage(said);
    isAskingReason.value = true;
  },
);
export const grants = new Grants(ask, nowUs);
export const liveNodes = new LiveNodes(grants);

export function carry(code: string, label: string, reference: string): void {
  const carried = { code, label, reference, sinceUs: nowUs(), agent: me.value?.agent.id ?? "" };
  localStorage.setItem(REASON_KEY, JSON.stringify(carried));
  grants.clear();
  reason.value = carried;
  reasonRefusal.value = "";
  isAskingReason.value = false;
}

function readReason(): CarriedReason | null {
  const text = localStorage.getItem(REASON_KEY);
  if (!text) return null;
  const carried = JSON.parse(text) as CarriedReason;
  const isMine = carried.agent === me.value?.agent.id;
  const isKnown = reasons.value.some((one) => one.code === carried.code);
  return isMine && isKnown && nowUs() - carried.sinceUs < REASON_LASTS_US ? carried : null;
}

/** Cameras whose gate is open. The others exist in the list and in the search, with the reason. */
export const openCameras = computed(() => cameras.value.filter((one) => one.state !== "barred"));
export const byId = computed(() => new Map(cameras.value.map((one) => [one.id, one])));

export function cameraOf(id: string | null): Camera | null {
  return id === null ? null : (byId.value.get(id) ?? null);
}

/** Cameras to look at: no picture, or a clock that lies. */
export const WRONG_CLOCK_MS = 2000;
export const trouble = computed(() =>
  openCameras.value.filter((one) => one.state !== "recording" || isClockWrong(one.clock_offset_ms)),
);

export function isClockWrong(offsetMs: number | null): boolean {
  return offsetMs !== null && Math.abs(offsetMs) >= WRONG_CLOCK_MS;
}

const decodable = signal<ReadonlyMap<string, boolean>>(new Map());

export function isDecodable(codec: string): boolean {
  return decodable.value.get(codec) ?? true;
}

type Ways = LivePlayerOptions["ways"];

/** Large: the main stream as it is, else converted by the node, else the small one. */
export function spotWays(camera: Camera): Ways {
  const main = camera.streams.find((one) => one.stream === "main");
  const sub: LiveWay = { stream: "sub", transcode: false };
  if (!main) return [sub];
  const converted: LiveWay = { stream: "main", transcode: true };
  const others = camera.streams.length > 1 ? [converted, sub] : [converted];
  return isDecodable(main.codec) ? [{ stream: "main", transcode: false }, ...others] : (others as [LiveWay, ...LiveWay[]]);
}

/** Small: the small stream when there is one. */
export function tileWays(camera: Camera): Ways {
  const hasSub = camera.streams.some((one) => one.stream === "sub");
  return hasSub ? [{ stream: "sub", transcode: false }, ...spotWays(camera)] : spotWays(camera);
}

const WIDTH_PX = 1280;

/** On a post the question is what a camera shows at all, not what its target class identifies. */
function withSight(camera: Camera): Camera {
  const widthPx = Math.max(...camera.streams.map((one) => one.width_px)) || WIDTH_PX;
  return { ...camera, range_m: detectionRangeM(widthPx, camera.hfov_deg) };
}

async function learnCodecs(): Promise<void> {
  const names = new Set(cameras.value.flatMap((one) => one.streams.map((stream) => stream.codec)));
  const answers = [...names].map(async (name) => [name, await canDecode(askableCodec(name))] as const);
  decodable.value = new Map(await Promise.all(answers));
}

/** Loads what does not change, then follows the rest. Errors are shown by the screen, which offers to try again. */
export async function start(): Promise<void> {
  try {
    const [self, list, choices, state] = await Promise.all([api.me(), api.cameras(), api.reasons(), timedState()]);
    me.value = self;
    reasons.value = choices.reasons;
    cameras.value = list.cameras.map(withSight);
    apply(state);
    await learnCodecs();
    reason.value = readReason();
    isAskingReason.value = reason.value === null;
    startError.value = "";
    isReady.value = true;
    void follow();
    setInterval(() => (tickUs.value = nowUs()), 1000);
    window.addEventListener("storage", onStorage);
  } catch (error) {
    note(error);
    if (!isLoggedOut.value) startError.value = t("error.start", { message: words(error) });
  }
}

/** The ground under the cameras; a screen without a map never asks for it. */
export async function loadMap(): Promise<void> {
  if (townMap.value) return;
  try {
    townMap.value = await api.map();
  } catch (error) {
    note(error); // cameras stand on an empty ground, and in the list beside it
  }
}

/** Another window of this post chose another reason. */
function onStorage(event: StorageEvent): void {
  if (event.key !== REASON_KEY) return;
  const carried = readReason();
  if (!carried) return;
  grants.clear();
  reason.value = carried;
  isAskingReason.value = false;
}

async function timedState(): Promise<TownState> {
  const sentUs = (performance.timeOrigin + performance.now()) * 1000;
  const state = await api.state();
  townClock.learn(sentUs, state.now_at_us);
  tickUs.value = nowUs();
  return state;
}

const POLL_MS = 2000;
const RELOAD_CAMERAS_EVERY = 30;

async function follow(): Promise<void> {
  for (let turn = 1; !isLoggedOut.value; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (document.visibilityState === "hidden" && turn % 5 !== 0) continue;
    try {
      apply(await timedState());
      if (turn % RELOAD_CAMERAS_EVERY === 0) await reloadCameras();
      webAwaySinceUs.value = null;
    } catch (error) {
      note(error);
      webAwaySinceUs.value ??= nowUs();
    }
  }
}

/** Cameras come and go, and a node that has just started does not know every codec yet. */
async function reloadCameras(): Promise<void> {
  const { cameras: fresh } = await api.cameras();
  cameras.value = fresh.map(withSight);
  await learnCodecs();
}

function note(error: unknown): void {
  if (error instanceof WebError && error.reason.kind === "not-authenticated" && !wantsFactor(error)) isLoggedOut.value = true;
}

/** Keeps the very object of a camera whose state did not change, so that its tile is not drawn again. */
function apply(state: TownState): void {
  nodes.value = state.nodes;
  visitors.value = state.visitors;
  const fresh = new Map(state.cameras.map((one) => [one.id, one]));
  let isChanged = false;
  const next = cameras.value.map((camera) => {
    const status = fresh.get(camera.id);
    if (!status || isSame(camera, status)) return camera;
    isChanged = true;
    return { ...camera, ...status };
  });
  if (isChanged) cameras.value = next;
}

function isSame(a: Camera, b: TownState["cameras"][number]): boolean {
  const isSameClock = Math.abs((a.clock_offset_ms ?? 0) - (b.clock_offset_ms ?? 0)) < 10;
  return a.state === b.state && a.since_at_us === b.since_at_us && a.message === b.message && isSameClock;
}

export function words(error: unknown): string {
  if (error instanceof Error && "reason" in error) {
    const { reason: said } = error as unknown as { reason: { message: string; message_fr: string } };
    return inLanguage(said);
  }
  return error instanceof Error ? error.message : String(error);
}

let announcedMs = 0;
let pendingAnnouncement: ReturnType<typeof setTimeout> | undefined;
const ANNOUNCE_EVERY_MS = 4000;

/** Tells screen readers, the last sentence of a burst only. */
export function announce(sentence: string): void {
  clearTimeout(pendingAnnouncement);
  const waitMs = Math.max(0, announcedMs + ANNOUNCE_EVERY_MS - performance.now());
  pendingAnnouncement = setTimeout(() => {
    announcedMs = performance.now();
    announcement.value = sentence;
  }, waitMs);
}

export function watchTrouble(): () => void {
  let before = -1;
  return effect(() => {
    const count = trouble.value.filter((one) => one.state !== "recording").length;
    if (before >= 0 && count !== before) announce(t("announce.trouble", { count }));
    before = count;
  });
}

export { currentLanguage };
