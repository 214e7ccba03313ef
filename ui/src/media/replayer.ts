/** Replay of one camera: seek to the exact picture, play at any speed both ways, step picture by picture. */

import { BackwardPlay } from "./backward";
import type { FootageCache } from "./footage";
import { type Due, ForwardPlay, isAbort } from "./forward";
import type { Picture } from "./mp4";
import { Painter } from "./painter";
import { neighbour, pictureAt } from "./pictures";
import { type Show, StandingPicture } from "./standing";

export const SPEEDS = [0.25, 0.5, 1, 2, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];
/** Beyond this speed only key pictures are decoded. */
const ALL_PICTURES_MAX_SPEED = 8;
/** From this speed on, and backward, the small stream is used. */
const MAIN_MAX_SPEED = 4;
const STEP_SEARCH_US = 5e6;

/**
 * `showing`: the picture of the instant is on screen. `loading`: another may be, with its own instant.
 * `empty`: nothing was recorded then.
 */
export type ReplayState = "idle" | "loading" | "showing" | "empty" | "failed";

export interface ReplayReport {
  readonly state: ReplayState;
  readonly atUs: number;
  /** Instant of the picture on screen; null when there is none. */
  readonly pictureAtUs: number | null;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  readonly direction: 1 | -1;
  readonly isSmallStream: boolean;
  readonly error: Error | null;
}

export interface ReplayerOptions {
  readonly canvas: HTMLCanvasElement;
  readonly main: FootageCache;
  /** Null when the camera has one stream. */
  readonly sub: FootageCache | null;
  readonly nowUs: () => number;
  readonly onChange: (report: ReplayReport) => void;
}

type Play = { kind: "forward"; play: ForwardPlay } | { kind: "backward"; play: BackwardPlay };

export class Replayer {
  private readonly painter: Painter;
  private readonly standing = new StandingPicture();
  private state: ReplayState = "idle";
  private atUs = 0;
  private pictureAtUs: number | null = null;
  private speed: Speed = 1;
  private direction: 1 | -1 = 1;
  private playing: Play | null = null;
  private error: Error | null = null;
  private seeking: AbortController | null = null;
  private lastTickMs = 0;
  private raf = 0;

  constructor(private readonly options: ReplayerOptions) {
    this.painter = new Painter(options.canvas);
  }

  report(): ReplayReport {
    return {
      state: this.state,
      atUs: this.atUs,
      pictureAtUs: this.pictureAtUs,
      isPlaying: this.playing !== null,
      speed: this.speed,
      direction: this.direction,
      isSmallStream: this.usesSub(),
      error: this.error,
    };
  }

  /** Goes to an instant; playing goes on from there. Resolves when its picture, or its absence, is shown. */
  async seek(atUs: number): Promise<void> {
    const wasPlaying = this.playing !== null;
    this.stopPlay();
    await this.show(Math.min(atUs, this.options.nowUs()), true);
    if (wasPlaying && this.state !== "failed") this.play();
  }

  play(): void {
    if (this.playing) return;
    const cache = this.cache();
    const onlyKeys = this.speed > ALL_PICTURES_MAX_SPEED;
    this.playing =
      this.direction === 1
        ? { kind: "forward", play: new ForwardPlay(cache, this.atUs, onlyKeys) }
        : { kind: "backward", play: new BackwardPlay(cache, this.atUs) };
    this.lastTickMs = performance.now();
    this.raf = requestAnimationFrame((ms) => this.tick(ms));
    this.tell();
  }

  pause(): void {
    const wasSmall = this.usesSub();
    this.stopPlay();
    this.tell();
    // Standing still, the picture is the full one again.
    if (wasSmall) void this.show(this.atUs, false);
  }

  setSpeed(speed: Speed): void {
    this.turn(() => (this.speed = speed));
  }

  setDirection(direction: 1 | -1): void {
    this.turn(() => (this.direction = direction));
  }

  /** One picture forward or backward, and stop. */
  async step(direction: 1 | -1): Promise<void> {
    this.stopPlay();
    const fromUs = (this.state === "showing" ? this.pictureAtUs : null) ?? this.atUs;
    try {
      const next = await this.nextPicture(fromUs, direction);
      if (next) await this.show(next.atUs, false);
      else this.tell();
    } catch (error) {
      this.fail(error);
    }
  }

  close(): void {
    this.stopPlay();
    this.seeking?.abort();
    this.standing.clear();
    this.options.main.close();
    this.options.sub?.close();
    this.state = "idle";
  }

  private turn(change: () => void): void {
    const wasPlaying = this.playing !== null;
    this.stopPlay();
    change();
    if (wasPlaying) this.play();
    else this.tell();
  }

  private usesSub(): boolean {
    const isHeavy = this.playing !== null && (this.direction === -1 || this.speed > MAIN_MAX_SPEED);
    return isHeavy && this.options.sub !== null;
  }

  private cache(): FootageCache {
    const isHeavy = this.direction === -1 || this.speed > MAIN_MAX_SPEED;
    return isHeavy && this.options.sub ? this.options.sub : this.options.main;
  }

  private async nextPicture(fromUs: number, direction: 1 | -1): Promise<Picture | null> {
    const here = await this.options.main.get(fromUs);
    const inChunk = neighbour(here.pictures, fromUs, direction);
    const isInside = inChunk && inChunk.atUs >= here.from_at_us && inChunk.atUs < here.to_at_us;
    if (isInside) return inChunk;
    const beyondUs = direction === 1 ? here.to_at_us : here.from_at_us - 1;
    if (Math.abs(beyondUs - fromUs) > STEP_SEARCH_US || beyondUs > this.options.nowUs()) return inChunk;
    const beyond = await this.options.main.get(beyondUs);
    return neighbour(beyond.pictures, fromUs, direction) ?? inChunk;
  }

  /** Shows the picture of an instant from the main stream, standing still; `keyFirst`: something at once. */
  private async show(atUs: number, keyFirst: boolean): Promise<void> {
    this.seeking?.abort();
    const seeking = new AbortController();
    this.seeking = seeking;
    const { main } = this.options;
    this.atUs = atUs;
    this.move("loading");
    try {
      main.abortAwayFrom(atUs);
      const pictures = await main.around(atUs, seeking.signal);
      if (seeking.signal.aborted) return;
      const wanted = pictureAt(pictures, atUs);
      if (!wanted) return this.showNothing();
      const show: Show = async (picture, isFinal) => {
        const { timestamp } = picture;
        if (!(await this.painter.paint(picture, () => !seeking.signal.aborted))) return;
        this.pictureAtUs = timestamp;
        this.move(isFinal ? "showing" : "loading");
      };
      await this.standing.show(pictures, wanted, { show, keyFirst, signal: seeking.signal });
      // What stepping and playing will ask for, now that nobody waits.
      if (!seeking.signal.aborted) main.prefetch(atUs, 1, 0);
    } catch (error) {
      if (!seeking.signal.aborted) this.fail(error);
    }
  }

  private tick(nowMs: number): void {
    const playing = this.playing;
    if (!playing) return;
    const elapsedUs = Math.min(250, nowMs - this.lastTickMs) * 1000;
    this.lastTickMs = nowMs;
    const nextUs = this.atUs + elapsedUs * this.speed * this.direction;
    const due = playing.play.due(nextUs);
    if (due.picture) this.drawDue(playing, due.picture);
    if (!due.isStarved) this.atUs = nextUs;
    if (playing.play.error) return this.fail(playing.play.error);
    if (this.atUs >= this.options.nowUs()) return this.pause();
    if (due.isEmpty && !due.picture) this.showNothing();
    else this.move(due.isStarved && !due.picture ? "loading" : "showing");
    this.raf = requestAnimationFrame((ms) => this.tick(ms));
  }

  private drawDue(playing: Play, { frame, atUs }: NonNullable<Due["picture"]>): void {
    void this.painter
      .paint(frame, () => this.playing === playing)
      .then((isDrawn) => {
        if (isDrawn) this.pictureAtUs = atUs;
      });
    if (frame instanceof VideoFrame) frame.close();
  }

  private showNothing(): void {
    this.pictureAtUs = null;
    this.move("empty");
  }

  private stopPlay(): void {
    cancelAnimationFrame(this.raf);
    this.playing?.play.close();
    this.playing = null;
  }

  private fail(error: unknown): void {
    if (isAbort(error)) return;
    this.stopPlay();
    this.error = error instanceof Error ? error : new Error(String(error));
    this.pictureAtUs = null;
    this.move("failed");
  }

  private move(next: ReplayState): void {
    this.state = next;
    if (next !== "failed") this.error = null;
    this.tell();
  }

  private tell(): void {
    this.options.onChange(this.report());
  }
}
