/** Playing backward: whole groups of pictures are decoded ahead of the clock and shelved, newest kept. */

import { decodeAll, FrameShelf } from "./exact";
import type { FootageCache } from "./cache";
import type { Due } from "./forward";
import type { Picture } from "./mp4";
import { groupOf, pictureAt } from "./pictures";

/** Shelved frames are this wide at most: two groups of 2 s fit in about 100 MB. */
const WIDTH_MAX_PX = 704;
const SHELF_FRAMES = 100;
const PREFETCH_CHUNKS = 2;

export class BackwardPlay {
  private readonly shelf = new FrameShelf<ImageBitmap>(SHELF_FRAMES);
  private readonly abort = new AbortController();
  private isWorking = false;
  private shelvedFromUs: number;
  error: Error | null = null;

  constructor(
    private readonly cache: FootageCache,
    fromUs: number,
  ) {
    this.shelvedFromUs = fromUs;
  }

  /** The picture to show at `clockUs`, and whether the clock must wait for the decoder. */
  due(clockUs: number): Due {
    this.work(clockUs);
    const found = this.shelf.lastBefore(clockUs, clockUs - 600_000);
    const chunk = this.cache.peek(clockUs);
    const isEmpty = chunk !== null && pictureAt(chunk.pictures, clockUs) === null;
    return { picture: found, isStarved: !found && !isEmpty, isEmpty };
  }

  close(): void {
    this.abort.abort();
    this.shelf.clear();
  }

  private work(clockUs: number): void {
    if (this.isWorking || this.abort.signal.aborted) return;
    // Always one group ahead (that is: before) of the clock, no more.
    const wantedUs = Math.min(clockUs, this.shelvedFromUs - 1);
    if (wantedUs < clockUs - 4e6) return;
    this.isWorking = true;
    this.shelveGroup(wantedUs)
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.isWorking = false));
  }

  private async shelveGroup(atUs: number): Promise<void> {
    this.cache.prefetch(atUs, -1, PREFETCH_CHUNKS);
    const chunk = await this.cache.get(atUs);
    const wanted = pictureAt(chunk.pictures, atUs);
    if (!wanted) {
      const before = chunk.pictures.filter((one) => one.atUs <= atUs).at(-1);
      this.shelvedFromUs = before ? before.atUs + 1 : chunk.from_at_us;
      return;
    }
    const group = groupOf(chunk.pictures, wanted);
    await this.shelve(group.filter((one) => one.decodeUs <= wanted.decodeUs || one.atUs <= wanted.atUs));
    this.shelvedFromUs = (group[0] as Picture).atUs;
  }

  private async shelve(pictures: readonly Picture[]): Promise<void> {
    const bitmaps: Promise<void>[] = [];
    const keep = (frame: VideoFrame): void => {
      const atUs = frame.timestamp;
      const resizeWidth = Math.min(WIDTH_MAX_PX, frame.displayWidth);
      const made = createImageBitmap(frame, { resizeWidth })
        .then((bitmap) => this.shelf.put(atUs, bitmap))
        .finally(() => frame.close());
      bitmaps.push(made);
    };
    await decodeAll(pictures, keep, this.abort.signal);
    await Promise.all(bitmaps);
  }

  private fail(error: unknown): void {
    if (this.abort.signal.aborted) return;
    this.error = error instanceof Error ? error : new Error(String(error));
  }
}
