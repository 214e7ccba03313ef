/** One picture standing still: the key picture of its group as soon as there is one, then the picture itself. */

import { decodeAll, FrameShelf } from "./exact";
import type { Picture } from "./mp4";
import { groupOf, neededFor } from "./pictures";

/** Neighbours kept on each side of the picture, so that stepping is immediate; few enough for any decoder's pool. */
const NEIGHBOURS = 2;
const SHELF_FRAMES = 10;

/** Puts a picture on screen, with its own instant; resolves when it is there. The picture may be closed at once. */
export type Show = (picture: VideoFrame, isFinal: boolean) => Promise<void>;

export interface Showing {
  readonly show: Show;
  /** The key picture of the group first: it is there long before the others are decoded. */
  readonly keyFirst: boolean;
  readonly signal: AbortSignal;
}

export class StandingPicture {
  private readonly shelf = new FrameShelf<VideoFrame>(SHELF_FRAMES);

  /**
   * Decodes what `wanted` needs out of `all` and shows it, or the last picture before it when the camera lost what it
   * builds on. Rejects with the decoder's own error, or AbortError.
   */
  async show(all: readonly Picture[], wanted: Picture, { show, keyFirst, signal }: Showing): Promise<void> {
    const shelved = this.shelf.get(wanted.atUs);
    if (shelved) return show(shelved, true);
    const group = groupOf(all, wanted);
    const at = group.indexOf(wanted);
    const near = new Set(group.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS + 1).map((one) => one.atUs));
    let before: VideoFrame | null = null;
    let shown: Promise<void> | null = null;
    const take = (frame: VideoFrame): void => {
      const atUs = frame.timestamp;
      if (atUs === wanted.atUs) shown = show(frame, true);
      else if (!before && keyFirst && atUs < wanted.atUs) void show(frame, false);
      if (atUs < wanted.atUs) {
        before?.close();
        before = frame.clone();
      }
      if (near.has(atUs)) this.shelf.put(atUs, frame);
      else frame.close();
    };
    try {
      const last = group[at + NEIGHBOURS] ?? (group.at(-1) as Picture);
      await decodeAll(neededFor(group, last), take, signal);
      if (!shown && before) shown = show(before, true);
      if (!shown) throw new Error("the decoder gave no picture for this instant");
      await shown;
    } finally {
      (before as VideoFrame | null)?.close();
    }
  }

  clear(): void {
    this.shelf.clear();
  }
}
