/** Web's JSON for the console, `ref/wire.md` §8. */

import { type AskGrants, type CameraState, type GrantAnswer, GrantRefused, type StreamName, type WireError } from "../media";

export interface Me {
  readonly agent: { readonly id: string; readonly name: string; readonly title: string; readonly language: string };
  readonly town: { readonly name: string; readonly time_zone: string; readonly fictional: boolean };
  readonly rights: readonly string[];
  readonly console: { readonly version: string };
}

export interface StreamInfo {
  readonly stream: StreamName;
  readonly codec: string;
  readonly width_px: number;
  readonly height_px: number;
  readonly fallback: boolean;
}

/** The part of a camera that changes from minute to minute. */
export interface CameraStatus {
  readonly id: string;
  readonly state: CameraState;
  readonly since_at_us: number;
  readonly last_at_us: number;
  readonly message: string;
  readonly clock_offset_ms: number | null;
}

export interface Camera extends CameraStatus {
  readonly number: string;
  readonly name: string;
  readonly short_name: string;
  readonly site: string;
  readonly zone: string;
  readonly lat: number;
  readonly lon: number;
  readonly approximate: boolean;
  readonly bearing_deg: number;
  readonly hfov_deg: number;
  readonly range_m: number;
  readonly kind: "fixed" | "ptz";
  readonly node: string;
  readonly node_url: string;
  readonly streams: readonly StreamInfo[];
  readonly workshop: boolean;
  readonly retention_s: number;
  /** How far back this agent may look; null: as far as is kept. */
  readonly replay_days: number | null;
}

/** A lock in force on a span of one camera. */
export interface Hold {
  readonly id: string;
  readonly camera: string;
  readonly kind: string;
  /** Of its requisition; empty or left out without one. */
  readonly number?: string;
  readonly from_at_us: number;
  readonly to_at_us: number;
  readonly until_at_us: number;
}

export interface LockQuestion {
  readonly kind: "incident";
  readonly cameras: readonly string[];
  readonly from_at_us: number;
  readonly to_at_us: number;
  /** In general words, never a person. */
  readonly facts: string;
}

export interface NodeStatus {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly state: "up" | "late" | "down";
  readonly at_us: number;
  readonly disk_free_bytes: number;
}

export interface TownState {
  readonly now_at_us: number;
  readonly cameras: readonly CameraStatus[];
  readonly nodes: readonly NodeStatus[];
  readonly visitors: number;
}

export interface ReasonChoice {
  readonly code: string;
  readonly label: string;
}

export interface GivenReason {
  readonly code: string;
  readonly reference: string;
}

export interface Place {
  readonly name: string;
  readonly kind: string;
  readonly lat: number;
  readonly lon: number;
}

type Ring = readonly (readonly [number, number])[];

export type Geometry =
  | { readonly type: "LineString"; readonly coordinates: Ring }
  | { readonly type: "MultiLineString" | "Polygon"; readonly coordinates: readonly Ring[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly Ring[])[] };

export interface Feature {
  readonly type: "Feature";
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: Geometry;
}

export interface TownMap {
  readonly streets: { readonly features: readonly Feature[] };
  readonly water: { readonly features: readonly Feature[] };
  readonly places: readonly { readonly name: string; readonly lat: number; readonly lon: number }[];
  readonly approximate: boolean;
}

/** A refusal or failure of web, in its own words; `kind` `unavailable` when it did not answer at all. */
export class WebError extends Error {
  constructor(
    readonly status: number,
    readonly reason: WireError,
  ) {
    super(reason.message);
  }
}

const DEADLINE_MS = 8000;
const UNANSWERED: WireError = {
  kind: "unavailable",
  message: "The server does not answer; check the network, then try again.",
  message_fr: "Le serveur ne répond pas ; vérifiez le réseau, puis réessayez.",
};

/** Asks web for JSON, or throws `WebError` in its own words. */
export async function call<T>(path: string, init: RequestInit = {}, deadlineMs = DEADLINE_MS): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, credentials: "same-origin", signal: AbortSignal.timeout(deadlineMs) });
  } catch {
    throw new WebError(0, UNANSWERED);
  }
  if (answer.ok && answer.headers.get("content-type")?.includes("json")) return (await answer.json()) as T;
  throw new WebError(answer.status, await reasonOf(answer));
}

async function reasonOf(answer: Response): Promise<WireError> {
  try {
    return ((await answer.json()) as { error: WireError }).error;
  } catch {
    // A login page instead of JSON: the session is over.
    const kind = answer.ok || answer.status === 401 ? "not-authenticated" : "internal";
    return { kind, message: `HTTP ${answer.status}`, message_fr: `HTTP ${answer.status}` };
  }
}

/** Django keeps the token in a cookie, or in the page when the cookie is closed to scripts. */
function csrfToken(): string {
  const cookie = /(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  if (cookie) return decodeURIComponent(cookie);
  const held = document.querySelector<HTMLElement>("#console")?.dataset["csrf"];
  const field = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value;
  const meta = document.querySelector<HTMLMetaElement>("meta[name=csrf-token]")?.content;
  return held ?? field ?? meta ?? "";
}

export function post<T>(path: string, content: unknown, deadlineMs = DEADLINE_MS): Promise<T> {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  return call<T>(path, { method: "POST", headers, body: JSON.stringify(content) }, deadlineMs);
}

export const api = {
  me: () => call<Me>("/api/me"),
  cameras: () => call<{ cameras: readonly Camera[] }>("/api/cameras"),
  state: () => call<TownState>("/api/state"),
  reasons: () => call<{ reasons: readonly ReasonChoice[] }>("/api/reasons"),
  map: () => call<TownMap>("/api/map"),
  holds: (camera: string, fromUs: number, toUs: number) =>
    call<{ holds: readonly Hold[] }>(
      `/api/holds?camera=${encodeURIComponent(camera)}&from_at_us=${Math.max(0, Math.round(fromUs))}&to_at_us=${Math.round(toUs)}`,
    ),
  lock: (question: LockQuestion) => post<{ requisition: string; holds: readonly Hold[] }>("/api/locks", question),
  places: (text: string) => call<{ places: readonly Place[] }>(`/api/places?q=${encodeURIComponent(text)}`),
};

/** Web wants the second factor again before this. */
export function wantsFactor(error: unknown): boolean {
  return error instanceof WebError && error.status === 401 && error.reason.field === "second_factor";
}

/** These pictures do not leave under the reason of the moment: the answer is a lock and a requisition, not a correction. */
export function mayNotLeave(error: unknown): boolean {
  if (!(error instanceof WebError || error instanceof GrantRefused)) return false;
  return error.reason.kind === "barred-by-law" && error.reason.field === "reason.code";
}

/** The way to ask for grants under the reason of the moment. */
export function grantsUnder(reason: () => GivenReason | null, onReasonRefused: (said: WireError) => void): AskGrants {
  return async (requests) => {
    const given = reason();
    if (!given) throw new Error("no viewing without a reason");
    const question = { requests, reason: { code: given.code, reference: given.reference } };
    try {
      return (await post<{ grants: readonly GrantAnswer[] }>("/api/grants", question)).grants;
    } catch (error) {
      // A requisition needs its number, for instance: the question is asked again with web's words.
      const isOfReason = error instanceof WebError && error.reason.field?.startsWith("reason.");
      if (isOfReason && !mayNotLeave(error)) onReasonRefused(error.reason);
      throw error;
    }
  };
}
