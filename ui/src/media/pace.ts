/**
 * What to do with a live frame when this machine or the way to it is too slow: leave pictures out, never show the
 * past. Pure: clocks and queue lengths are given.
 *
 * - On the way: a frame this much later than the quickest ones is not decoded, nor any up to the next key frame.
 * - In the decoder: when its oldest frame waits too long, nothing more goes in before a key frame that finds it drained.
 * - On screen: where drawing costs more than decoding, a picture with a newer one behind it may stay undrawn.
 */

export interface Arrival {
  readonly isKey: boolean;
  readonly afterBreak: boolean;
  readonly sentAtUs: number;
}

/** The decoder's queue as the caller sees it; `oldestWaitMs` 0 when it is empty. */
export interface Backlog {
  readonly frames: number;
  readonly oldestWaitMs: number;
}

/** `restart`: a key frame that finds the decoder stuck; begin again with it. */
export type Verdict = "decode" | "skip" | "restart";

export const LATE_ON_THE_WAY_MS = 1000;
export const LATE_IN_DECODER_MS = 500;
export const STUCK_MS = 2000;
/** A first group of pictures comes at once and may take this long to be decoded. */
export const START_MAX_MS = 2000;
const DRAINED_FRAMES = 3;
const LATE_TO_DRAW_MS = 200;
const STILL_MAX_MS = 200;
const QUICKEST_KEPT_MS = 10_000;

/** How much later than the quickest frame of the last ten to twenty seconds. No common clock is needed. */
class Lateness {
  private quickestMs = Number.POSITIVE_INFINITY;
  private beforeMs = Number.POSITIVE_INFINITY;
  private sinceMs = 0;

  of(nowMs: number, sentAtUs: number): number {
    const takenMs = nowMs - sentAtUs / 1000;
    if (nowMs - this.sinceMs > QUICKEST_KEPT_MS) {
      this.beforeMs = this.quickestMs;
      this.quickestMs = takenMs;
      this.sinceMs = nowMs;
    }
    this.quickestMs = Math.min(this.quickestMs, takenMs);
    return takenMs - Math.min(this.quickestMs, this.beforeMs);
  }
}

export class Pace {
  private lateness = new Lateness();
  private waitsForKey = true;
  private startedMs: number | null = null;
  private isStarting = true;
  private drawnMs = Number.NEGATIVE_INFINITY;

  /** A new run: its first frames are the group of pictures the node kept. */
  restart(): void {
    this.lateness = new Lateness();
    this.waitsForKey = true;
    this.isStarting = true;
    this.startedMs = null;
  }

  arrived(frame: Arrival, nowMs: number, backlog: Backlog): Verdict {
    const isLate = this.lateness.of(nowMs, frame.sentAtUs) > LATE_ON_THE_WAY_MS;
    if (frame.afterBreak) this.waitsForKey = true;
    this.startedMs ??= nowMs;
    if (nowMs - this.startedMs > START_MAX_MS) this.isStarting = false;
    return frame.isKey ? this.onKey(isLate, backlog) : this.onDelta(isLate, backlog);
  }

  /** Whether a decoded picture is worth drawing; `waitedMs` since it went in, `behind` frames are still inside. */
  draws(nowMs: number, waitedMs: number, behind: number): boolean {
    if (this.isStarting && behind <= DRAINED_FRAMES) this.isStarting = false;
    const isOld = behind > 0 && (this.isStarting || waitedMs > LATE_TO_DRAW_MS);
    if (isOld && nowMs - this.drawnMs < STILL_MAX_MS) return false;
    this.drawnMs = nowMs;
    return true;
  }

  private onKey(isLate: boolean, backlog: Backlog): Verdict {
    if (backlog.oldestWaitMs > STUCK_MS) return "restart";
    const isFull = backlog.frames > DRAINED_FRAMES && backlog.oldestWaitMs > LATE_IN_DECODER_MS / 2;
    this.waitsForKey = !this.isStarting && (isLate || isFull);
    return this.waitsForKey ? "skip" : "decode";
  }

  private onDelta(isLate: boolean, backlog: Backlog): Verdict {
    const isBehind = isLate || backlog.oldestWaitMs > LATE_IN_DECODER_MS;
    if (isBehind && !this.isStarting) this.waitsForKey = true;
    return this.waitsForKey ? "skip" : "decode";
  }
}
