/** Stills of the timeline: one per slot of the window, one under the pointer; few at a time, few kept. */

import type { FootageDoors } from "../../media";
import { type Piece, pieceAt } from "../../timeline/coverage";

const KEPT = 160;
const AT_ONCE = 3;
const SETTLE_MS = 250;
const HOVER_DELAY_MS = 60;
/** A hovered instant shares the still of its ten seconds: the node keeps no more. */
const STEP_US = 10e6;

export class Stills {
  /** Instant of the slot's middle to its still, for the slots of the window only. */
  shown: ReadonlyMap<number, ImageBitmap | null> = new Map();
  onChange: () => void = () => undefined;
  private readonly kept = new Map<string, ImageBitmap | null>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort = new AbortController();
  private wantedKey = "";

  /** Loads the window's stills once it stands still. */
  want(doors: FootageDoors, window: { fromUs: number; toUs: number }, pieces: readonly Piece[], slots: number): void {
    const stepUs = Math.max(STEP_US, (window.toUs - window.fromUs) / slots);
    const first = Math.floor(window.fromUs / stepUs);
    const instants = Array.from({ length: slots + 2 }, (_, i) => (first + i + 0.5) * stepUs);
    const filmed = instants.filter((atUs) => pieceAt(pieces, atUs)?.kind === "recorded");
    const key = `${doors.camera}|${stepUs}|${filmed.join()}`;
    if (key === this.wantedKey) return;
    this.wantedKey = key;
    clearTimeout(this.timer);
    this.abort.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.publish(doors, filmed);
    this.timer = setTimeout(() => void this.loadAll(doors, filmed, abort.signal), SETTLE_MS);
  }

  /** Somebody waits for a picture: stills come after. */
  rest(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    this.wantedKey = "";
  }

  /** The still of a hovered instant; the returned function forgets the question. */
  hover(doors: FootageDoors, atUs: number, tell: (still: ImageBitmap | null) => void): () => void {
    const abort = new AbortController();
    const known = this.kept.get(keyOf(doors, atUs));
    if (known !== undefined) tell(known);
    else {
      const ask = (): void => void this.load(doors, atUs, abort.signal).then((still) => abort.signal.aborted || tell(still));
      const timer = setTimeout(ask, HOVER_DELAY_MS);
      abort.signal.addEventListener("abort", () => clearTimeout(timer));
    }
    return () => abort.abort();
  }

  private async loadAll(doors: FootageDoors, instants: readonly number[], signal: AbortSignal): Promise<void> {
    const left = instants.filter((atUs) => !this.kept.has(keyOf(doors, atUs)));
    const worker = async (): Promise<void> => {
      for (let atUs = left.shift(); atUs !== undefined && !signal.aborted; atUs = left.shift()) {
        await this.load(doors, atUs, signal);
        if (!signal.aborted) this.publish(doors, instants);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  private async load(doors: FootageDoors, atUs: number, signal: AbortSignal): Promise<ImageBitmap | null> {
    const key = keyOf(doors, atUs);
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    try {
      const blob = await doors.thumbnail(Math.round(atUs), signal);
      const still = blob ? await createImageBitmap(blob) : null;
      this.keep(key, still);
      return still;
    } catch {
      return null; // Refused, away or aborted: the picture itself will say so.
    }
  }

  private keep(key: string, still: ImageBitmap | null): void {
    this.kept.set(key, still);
    for (const [oldest, bitmap] of this.kept) {
      if (this.kept.size <= KEPT) break;
      bitmap?.close();
      this.kept.delete(oldest);
    }
  }

  private publish(doors: FootageDoors, instants: readonly number[]): void {
    this.shown = new Map(instants.map((atUs) => [atUs, this.kept.get(keyOf(doors, atUs)) ?? null]));
    this.onChange();
  }
}

function keyOf(doors: FootageDoors, atUs: number): string {
  return `${doors.camera}|${Math.round(atUs / STEP_US)}`;
}
