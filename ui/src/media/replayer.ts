/** Replay of one camera: seek to the exact picture, play at any speed both ways, step picture by picture. */

import { BackwardPlay } from "./backward";
import { decodeAll, FrameShelf } from "./exact";
import type { FootageCache } from "./footage";
import { ForwardPlay, isAbort } from "./forward";
import type { Picture } from "./mp4";
import { groupOf, neededFor, neighbour, pictureAt } from "./pictures";

export const SPEEDS = [0.25, 0.5, 1, 2, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];
/** Beyond this speed only key pictures are decoded. */
const ALL_PICTURES_MAX_SPEED = 8;
/** From this speed on, and backward, the small stream is used. */
const MAIN_MAX_SPEED = 4;
const SHELF_FRAMES = 10;
const STEP_SEARCH_US = 5e6;

/** `showing`: the picture of the instant is on screen. `empty`: nothing was recorded then. */
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
  private readonly context: CanvasRenderingContext2D | null;
  private readonly shelf = new FrameShelf(SHELF_FRAMES);
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
  /** Time from the last seek to its picture, for the bench. */
  lastSeekMs: number | null = null;

  constructor(private readonly options: ReplayerOptions) {
    this.context = options.canvas.getContext("2d", { alpha: false });
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
    await this.show(Math.min(atUs, this.options.nowUs()));
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
    if (wasSmall) void this.show(this.atUs);
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
    const fromUs = this.pictureAtUs ?? this.atUs;
    try {
      const next = await this.nextPicture(fromUs, direction);
      if (next) await this.show(next.atUs);
      else this.tell();
    } catch (error) {
      this.fail(error);
    }
  }

  close(): void {
    this.stopPlay();
    this.seeking?.abort();
    this.shelf.clear();
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

  /** Shows the picture of an instant from the main stream, standing still. */
  private async show(atUs: number): Promise<void> {
    this.seeking?.abort();
    const seeking = new AbortController();
    this.seeking = seeking;
    const startedMs = performance.now();
    this.atUs = atUs;
    this.move("loading");
    try {
      this.options.main.abortAwayFrom(atUs);
      const chunk = await this.options.main.get(atUs);
      if (seeking.signal.aborted) return;
      const picture = pictureAt(chunk.pictures, atUs);
      if (!picture) return this.showNothing();
      const bitmap = await this.exactly(chunk.pictures, picture, seeking.signal);
      if (seeking.signal.aborted) return;
      this.draw(bitmap, bitmap.width, bitmap.height, picture.atUs);
      this.lastSeekMs = performance.now() - startedMs;
      this.move("showing");
    } catch (error) {
      if (!seeking.signal.aborted) this.fail(error);
    }
  }

  private async exactly(all: readonly Picture[], wanted: Picture, signal: AbortSignal): Promise<ImageBitmap> {
    const shelved = this.shelf.get(wanted.atUs);
    if (shelved) return shelved;
    const group = groupOf(all, wanted);
    const near = new Set(nearest(group, wanted, SHELF_FRAMES).map((one) => one.atUs));
    const made: Promise<void>[] = [];
    const last = nearest(group, wanted, SHELF_FRAMES).at(-1) ?? wanted;
    const keep = (frame: VideoFrame): void => {
      if (!near.has(frame.timestamp)) return frame.close();
      const atUs = frame.timestamp;
      made.push(
        createImageBitmap(frame)
          .then((bitmap) => this.shelf.put(atUs, bitmap))
          .finally(() => frame.close()),
      );
    };
    await decodeAll(neededFor(group, last), keep, signal);
    await Promise.all(made);
    const found = this.shelf.get(wanted.atUs);
    if (!found) throw new Error("the decoder gave no picture for this instant");
    return found;
  }

  private tick(nowMs: number): void {
    const playing = this.playing;
    if (!playing) return;
    const elapsedUs = Math.min(250, nowMs - this.lastTickMs) * 1000;
    this.lastTickMs = nowMs;
    const nextUs = this.atUs + elapsedUs * this.speed * this.direction;
    const due = playing.play.due(nextUs);
    if (due.frame) this.drawDue(due.frame);
    if (!due.isStarved) this.atUs = nextUs;
    if (playing.play.error) return this.fail(playing.play.error);
    if (this.atUs >= this.options.nowUs()) return this.pause();
    if (due.isEmpty && !due.frame) this.showNothing();
    else this.move(due.isStarved && !due.frame ? "loading" : "showing");
    this.raf = requestAnimationFrame((ms) => this.tick(ms));
  }

  private drawDue(frame: VideoFrame | ImageBitmap): void {
    if (frame instanceof ImageBitmap) return this.draw(frame, frame.width, frame.height, null);
    this.draw(frame, frame.displayWidth, frame.displayHeight, frame.timestamp);
    frame.close();
  }

  private draw(picture: CanvasImageSource, widthPx: number, heightPx: number, atUs: number | null): void {
    const { canvas } = this.options;
    if (canvas.width !== widthPx) canvas.width = widthPx;
    if (canvas.height !== heightPx) canvas.height = heightPx;
    this.context?.drawImage(picture, 0, 0);
    this.pictureAtUs = atUs ?? this.atUs;
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

/** About `count` pictures of the group around `wanted`, in decoding order. */
function nearest(group: readonly Picture[], wanted: Picture, count: number): readonly Picture[] {
  const index = group.indexOf(wanted);
  const start = Math.max(0, index - Math.floor(count * 0.6));
  return group.slice(start, start + count);
}
