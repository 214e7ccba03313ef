/** One camera's recorded picture on the clock it is given: standing still, or played. */

import { BackwardPlay } from "./backward";
import type { FootageCache } from "./cache";
import { type Due, ForwardPlay, isAbort } from "./forward";
import { Painter } from "./painter";
import { neighbour, pictureAt } from "./pictures";
import { type Show, StandingPicture } from "./standing";

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

export interface ScreenReport {
  readonly state: ReplayState;
  /** Instant of the picture on screen; null when there is none. */
  readonly pictureAtUs: number | null;
  readonly isSmallStream: boolean;
  /** The bytes of the picture on screen are not those that were recorded. */
  readonly isAltered: boolean;
  readonly error: Error | null;
}

export interface ScreenOptions {
  readonly canvas: HTMLCanvasElement;
  readonly main: FootageCache;
  /** Null when the camera has one stream. */
  readonly sub: FootageCache | null;
  readonly nowUs: () => number;
}

export class ReplayScreen {
  onChange: () => void = () => undefined;
  private readonly painter: Painter;
  private readonly standing = new StandingPicture();
  private playing: ForwardPlay | BackwardPlay | null = null;
  private isHeavy = false;
  private state: ReplayState = "idle";
  private pictureAtUs: number | null = null;
  private error: Error | null = null;
  private seeking: AbortController | null = null;

  constructor(private readonly options: ScreenOptions) {
    this.painter = new Painter(options.canvas);
  }

  report(): ScreenReport {
    const { state, pictureAtUs, error } = this;
    const isSmallStream = this.playing !== null && this.isHeavy && this.options.sub !== null;
    const { main, sub } = this.options;
    const isAltered = pictureAtUs !== null && (main.isAltered(pictureAtUs) || sub?.isAltered(pictureAtUs) === true);
    return { state, pictureAtUs, isSmallStream, isAltered, error };
  }

  /** Plays from an instant on; `advance` says where the clock is. */
  begin(fromUs: number, speed: number, direction: 1 | -1): void {
    this.isHeavy = direction === -1 || speed > MAIN_MAX_SPEED;
    const cache = (this.isHeavy && this.options.sub) || this.options.main;
    this.playing =
      direction === 1 ? new ForwardPlay(cache, fromUs, speed > ALL_PICTURES_MAX_SPEED) : new BackwardPlay(cache, fromUs);
  }

  end(): void {
    this.playing?.close();
    this.playing = null;
  }

  /** Draws what is due at `atUs`; true when the clock must wait for it. */
  advance(atUs: number): boolean {
    const { playing } = this;
    if (!playing) return false;
    const due = playing.due(atUs);
    if (due.picture) this.drawDue(playing, due.picture);
    if (playing.error) {
      this.fail(playing.error);
      return false;
    }
    if (due.isEmpty && !due.picture) this.move("empty");
    else this.move(due.isStarved && !due.picture ? "loading" : "showing");
    return due.isStarved;
  }

  /** Shows the picture of an instant from the main stream, standing still; `keyFirst`: something at once. */
  async show(atUs: number, keyFirst: boolean): Promise<void> {
    this.seeking?.abort();
    const seeking = new AbortController();
    this.seeking = seeking;
    const { main } = this.options;
    this.change("loading");
    try {
      main.abortAwayFrom(atUs);
      const pictures = await main.around(atUs, seeking.signal);
      if (seeking.signal.aborted) return;
      const wanted = pictureAt(pictures, atUs);
      if (!wanted) return this.change("empty");
      const show: Show = async (picture, isFinal) => {
        const { timestamp } = picture;
        if (!(await this.painter.paint(picture, () => !seeking.signal.aborted))) return;
        this.pictureAtUs = timestamp;
        this.change(isFinal ? "showing" : "loading");
      };
      await this.standing.show(pictures, wanted, { show, keyFirst, signal: seeking.signal });
      // What stepping and playing will ask for, now that nobody waits.
      if (!seeking.signal.aborted) main.prefetch(atUs, 1, 0);
    } catch (error) {
      if (seeking.signal.aborted) return;
      this.fail(error);
      this.onChange();
    }
  }

  /** Instant of the picture next to the one on screen, or to `atUs` when there is none; null at the end. */
  async nextUs(atUs: number, direction: 1 | -1): Promise<number | null> {
    const fromUs = (this.state === "showing" ? this.pictureAtUs : null) ?? atUs;
    try {
      return await this.neighbourUs(fromUs, direction);
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  close(): void {
    this.end();
    this.seeking?.abort();
    this.standing.clear();
    this.options.main.close();
    this.options.sub?.close();
    this.state = "idle";
  }

  private async neighbourUs(fromUs: number, direction: 1 | -1): Promise<number | null> {
    const { main, nowUs } = this.options;
    const here = await main.get(fromUs);
    const inChunk = neighbour(here.pictures, fromUs, direction);
    const isInside = inChunk && inChunk.atUs >= here.from_at_us && inChunk.atUs < here.to_at_us;
    if (isInside) return inChunk.atUs;
    const beyondUs = direction === 1 ? here.to_at_us : here.from_at_us - 1;
    if (Math.abs(beyondUs - fromUs) > STEP_SEARCH_US || beyondUs > nowUs()) return inChunk?.atUs ?? null;
    const beyond = await main.get(beyondUs);
    return (neighbour(beyond.pictures, fromUs, direction) ?? inChunk)?.atUs ?? null;
  }

  private drawDue(playing: ForwardPlay | BackwardPlay, { frame, atUs }: NonNullable<Due["picture"]>): void {
    void this.painter
      .paint(frame, () => this.playing === playing)
      .then((isDrawn) => {
        if (isDrawn) this.pictureAtUs = atUs;
      });
    if (frame instanceof VideoFrame) frame.close();
  }

  private change(next: ReplayState): void {
    this.move(next);
    this.onChange();
  }

  private fail(error: unknown): void {
    if (isAbort(error)) return;
    this.end();
    this.move("failed");
    this.error = error instanceof Error ? error : new Error(String(error));
  }

  private move(next: ReplayState): void {
    this.state = next;
    this.error = null;
    if (next === "empty" || next === "failed") this.pictureAtUs = null;
  }
}
