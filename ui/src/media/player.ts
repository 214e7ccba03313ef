/** One live picture: from a camera and a stream to pixels, with a named state at every moment. */

import { type LiveMode, liveMode } from "./capability";
import { browserNowUs } from "./clock";
import { CodecDecoder, type LiveDecoder } from "./decoder";
import { backoffMs, type LiveListener, type LiveNodes, type LiveSubscription } from "./live";
import { MseDecoder } from "./mse";
import { stats, TileStats } from "./stats";
import type { PictureSink } from "./surface";
import type {
  CameraState,
  EndMessage,
  GapCause,
  LiveFrame,
  SkippedMessage,
  StateMessage,
  StreamMessage,
  StreamName,
} from "./wire";

/**
 * - `idle`: not asked for (hidden, off screen, closed)
 * - `connecting`: asked for, no picture yet
 * - `live`: pictures arrive
 * - `late`: pictures arrive but old, or none for a while
 * - `lost`: no picture; `cause` says why when it is known
 * - `not-permitted`: web or the node refused; `message` says why
 */
export type PlayerState = "idle" | "connecting" | "live" | "late" | "lost" | "not-permitted";

export interface PlayerReport {
  readonly state: PlayerState;
  /** Age of the picture on screen, milliseconds; null when there is none. */
  readonly ageMs: number | null;
  readonly pictureAtUs: number | null;
  readonly cameraState: CameraState | null;
  readonly cause: GapCause | "" | "link" | "decode";
  readonly sinceAtUs: number;
  readonly clockOffsetMs: number | null;
  readonly message: { readonly fr: string; readonly en: string } | null;
  readonly stream: StreamName;
  readonly transcoded: boolean;
  readonly skipped: number;
}

/** One way to get the pictures; the next is tried when this browser or the node cannot take it. */
export interface LiveWay {
  readonly stream: StreamName;
  readonly transcode: boolean;
}

export const LATE_AGE_MS = 1000;
const LATE_SILENCE_MS = 1500;
const LOST_SILENCE_MS = 8000;
const CONNECTING_MAX_MS = 6000;

/** The state a picture is in, from what is known of it: pure, so that it can be tested. */
export function judge(seen: {
  readonly isLinkUp: boolean;
  readonly cameraState: CameraState | null;
  readonly silentMs: number | null;
  readonly ageMs: number | null;
  readonly askedMs: number;
}): PlayerState {
  if (!seen.isLinkUp) return seen.askedMs > CONNECTING_MAX_MS || seen.silentMs !== null ? "lost" : "connecting";
  if (seen.cameraState !== null && seen.cameraState !== "recording") return "lost";
  if (seen.silentMs === null) return seen.askedMs > CONNECTING_MAX_MS ? "lost" : "connecting";
  if (seen.silentMs > LOST_SILENCE_MS) return "lost";
  const isOld = seen.ageMs !== null && seen.ageMs > LATE_AGE_MS;
  return seen.silentMs > LATE_SILENCE_MS || isOld ? "late" : "live";
}

export interface LivePlayerOptions {
  readonly nodes: LiveNodes;
  readonly nodeUrl: string;
  readonly camera: string;
  /** In order of preference; never empty. */
  readonly ways: readonly [LiveWay, ...LiveWay[]];
  readonly host: HTMLElement;
  /** Called when the state changes, not at every picture. */
  readonly onChange: (report: PlayerReport) => void;
}

export class LivePlayer implements LiveListener, PictureSink {
  private subscription: LiveSubscription | null = null;
  private decoder: LiveDecoder | null = null;
  private state: PlayerState = "idle";
  private cameraState: CameraState | null = null;
  private cause: PlayerReport["cause"] = "";
  private message: PlayerReport["message"] = null;
  private sinceAtUs = 0;
  private clockOffsetMs: number | null = null;
  private transcoded = false;
  private isLinkUp = false;
  private askedUs = 0;
  private drawnUs: number | null = null;
  private drawn: LiveFrame | null = null;
  private attempt = 0;
  private wayIndex = 0;
  private watch: ReturnType<typeof setInterval> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private untrack: () => void = () => undefined;
  private readonly stats: TileStats;

  constructor(private readonly options: LivePlayerOptions) {
    this.stats = new TileStats(options.camera, options.ways[0].stream, () => this.state);
  }

  start(): void {
    if (this.subscription) return;
    const mode = liveMode();
    if (mode === "none") return this.fail("decode");
    this.untrack = stats.track(this.stats);
    this.wayIndex = 0;
    this.take(this.way, mode);
    this.watch = setInterval(() => this.reconsider(), 500);
    this.move("connecting");
  }

  private get way(): LiveWay {
    return this.options.ways[this.wayIndex] ?? this.options.ways[0];
  }

  private take(way: LiveWay, mode: LiveMode): void {
    this.askedUs = browserNowUs();
    this.decoder = mode === "webcodecs" ? new CodecDecoder(this) : new MseDecoder(this);
    this.options.host.replaceChildren(this.decoder.element);
    const format = mode === "webcodecs" ? "frames" : "fmp4";
    const node = this.options.nodes.at(this.options.nodeUrl);
    this.isLinkUp = node.isOpen;
    this.subscription = node.subscribe({ camera: this.options.camera, ...way, format }, this);
  }

  /** Tries the next way; false when there is none left. */
  private takeNextWay(): boolean {
    if (this.wayIndex + 1 >= this.options.ways.length) return false;
    this.wayIndex += 1;
    this.subscription?.close();
    this.decoder?.close();
    this.take(this.way, liveMode());
    return true;
  }

  /** Lets go of everything; `start()` begins again. The last picture is taken away: it would be an untruth. */
  stop(): void {
    clearInterval(this.watch);
    clearTimeout(this.retryTimer);
    this.subscription?.close();
    this.subscription = null;
    this.decoder?.close();
    this.decoder = null;
    this.options.host.replaceChildren();
    this.untrack();
    this.drawn = null;
    this.drawnUs = null;
    this.cameraState = null;
    this.stats.firstPictureMs = null;
    this.move("idle");
  }

  report(): PlayerReport {
    return {
      state: this.state,
      ageMs: this.ageMs(),
      pictureAtUs: this.drawn?.atUs ?? null,
      cameraState: this.cameraState,
      cause: this.cause,
      sinceAtUs: this.sinceAtUs,
      clockOffsetMs: this.clockOffsetMs,
      message: this.message,
      stream: this.way.stream,
      transcoded: this.transcoded,
      skipped: this.stats.skipped,
    };
  }

  onStream(message: StreamMessage): void {
    this.transcoded = message.transcoded;
    this.decoder?.configure(message);
  }

  onState(message: StateMessage): void {
    this.cameraState = message.state;
    this.cause = message.cause;
    this.sinceAtUs = message.since_at_us;
    this.clockOffsetMs = message.clock_offset_ms;
    this.reconsider(true);
  }

  onFrame(frame: LiveFrame): void {
    this.decoder?.push(frame);
  }

  onSkipped(message: SkippedMessage | number): void {
    this.stats.skipped += typeof message === "number" ? message : message.frames;
  }

  onEnd(error: EndMessage["error"], isRefusal: boolean): void {
    this.message = error && { fr: error.message_fr, en: error.message };
    // The node converts one stream at a time, or none.
    if (error && this.way.transcode && this.takeNextWay()) return;
    if (isRefusal) {
      this.drop();
      return this.move("not-permitted");
    }
    this.cameraState = null;
    this.retryTimer = setTimeout(() => this.subscription?.retry(), backoffMs(this.attempt));
    this.attempt += 1;
  }

  onLink(isUp: boolean): void {
    this.isLinkUp = isUp;
    if (isUp) this.askedUs = browserNowUs();
    else {
      this.cause = "link";
      this.cameraState = null;
    }
    this.reconsider();
  }

  onDrawn(frame: LiveFrame, atUs: number, pictures: number): void {
    this.stats.firstPictureMs ??= (atUs - this.askedUs) / 1000;
    this.drawn = frame;
    this.drawnUs = atUs;
    this.attempt = 0;
    this.stats.frames += pictures;
    this.measure(frame, atUs);
    if (this.state !== "live") this.reconsider();
  }

  onError(error: Error): void {
    const isBeyondUs = error.name === "NotSupportedError" || error.name === "TypeError";
    if (isBeyondUs && !this.takeNextWay()) this.fail("decode");
  }

  /** Pictures of the group kept in memory are older than our asking: they say nothing of the way here. */
  private measure(frame: LiveFrame, drawnUs: number): void {
    const { clock } = this.options.nodes.at(this.options.nodeUrl);
    if (!clock.isKnown || frame.atUs < this.askedUs + clock.offsetUs) return;
    this.stats.latencyMs.add((drawnUs + clock.offsetUs - frame.sentAtUs) / 1000);
  }

  private ageMs(): number | null {
    if (!this.drawn) return null;
    const { clock } = this.options.nodes.at(this.options.nodeUrl);
    return Math.max(0, (clock.nowUs() - this.drawn.atUs) / 1000);
  }

  private reconsider(tellAnyway = false): void {
    if (this.state === "idle" || this.state === "not-permitted") return;
    const nowUs = browserNowUs();
    const next = judge({
      isLinkUp: this.isLinkUp,
      cameraState: this.cameraState,
      silentMs: this.drawnUs === null ? null : (nowUs - this.drawnUs) / 1000,
      ageMs: this.drawn && this.drawnUs !== null ? this.ageWhenDrawnMs() : null,
      askedMs: (nowUs - this.askedUs) / 1000,
    });
    if (next === "live" && this.isLinkUp && this.cause === "link") this.cause = "";
    if (tellAnyway) this.tell(next);
    else this.move(next);
  }

  private ageWhenDrawnMs(): number {
    const { clock } = this.options.nodes.at(this.options.nodeUrl);
    return ((this.drawnUs ?? 0) + clock.offsetUs - (this.drawn?.atUs ?? 0)) / 1000;
  }

  private fail(cause: "decode"): void {
    this.cause = cause;
    this.drop();
    this.move("lost");
  }

  private drop(): void {
    clearInterval(this.watch);
    clearTimeout(this.retryTimer);
    this.subscription?.close();
    this.decoder?.close();
    this.options.host.replaceChildren();
  }

  private move(next: PlayerState): void {
    if (next !== this.state) this.tell(next);
  }

  private tell(next: PlayerState): void {
    this.state = next;
    this.options.onChange(this.report());
  }
}
