/** Recorded pictures of one camera in bounded memory, wherever they come from. */

import type { Picture } from "./mp4";
import { pictureAt } from "./pictures";

export interface Span {
  readonly from_at_us: number;
  readonly to_at_us: number;
}

/** Where pictures come from: a node, or the files of a pack. */
export interface PictureSource {
  /** Pictures of a span and those before it that decoding them needs, in decoding order; empty: nothing recorded. */
  pictures(span: Span, signal: AbortSignal): Promise<readonly Picture[]>;
  /** The group of one instant alone comes sooner than a whole chunk. */
  readonly isQuickAlone: boolean;
}

/** A slice of footage: every picture of its span, and those before it that decoding them needs. */
export interface Chunk extends Span {
  /** In decoding order; the first is a key picture. Empty: nothing was recorded. */
  readonly pictures: readonly Picture[];
}

const CHUNK_US = 4e6;
const CHUNKS_KEPT = 14;
/** Footage this young may still grow: it is asked again. */
const SETTLED_US = 6e6;
const YOUNG_KEPT_MS = 700;
const ALTERED_KEPT = 20_000;

/** Loads chunks once, keeps the last few, aborts what is no longer wanted. */
export class FootageCache {
  private readonly chunks = new Map<number, { chunk: Chunk; loadedMs: number }>();
  /** Instants of pictures whose bytes are not those that were recorded. */
  private readonly altered = new Set<number>();
  private readonly loading = new Map<number, { promise: Promise<Chunk>; abort: AbortController }>();

  constructor(
    private readonly source: PictureSource,
    private readonly nowUs: () => number,
  ) {}

  /** The picture of this very instant was altered since it was recorded. */
  isAltered(atUs: number): boolean {
    return this.altered.has(atUs);
  }

  /** The chunk when it is here already. */
  peek(atUs: number): Chunk | null {
    const index = Math.floor(atUs / CHUNK_US);
    const kept = this.chunks.get(index);
    if (!kept || this.isStale(kept)) return null;
    return kept.chunk;
  }

  get(atUs: number): Promise<Chunk> {
    const kept = this.peek(atUs);
    if (kept) return Promise.resolve(kept);
    const index = Math.floor(atUs / CHUNK_US);
    const before = this.loading.get(index);
    if (before) return before.promise;
    const abort = new AbortController();
    const promise = this.load(index, abort.signal).finally(() => this.loading.delete(index));
    this.loading.set(index, { promise, abort });
    return promise;
  }

  /** Pictures to show one instant with: of its chunk when that is here, else its group alone, which comes sooner. */
  async around(atUs: number, signal: AbortSignal): Promise<readonly Picture[]> {
    const isOnItsWay = this.loading.has(Math.floor(atUs / CHUNK_US));
    if (!this.peek(atUs) && !isOnItsWay && this.source.isQuickAlone) {
      const group = await this.pictures({ from_at_us: atUs, to_at_us: atUs + 1 }, signal);
      if (pictureAt(group, atUs)) return group;
    }
    return (await this.get(atUs)).pictures;
  }

  /** Starts loading the chunk and those next to it; failures will be met when one is really wanted. */
  prefetch(atUs: number, direction: 1 | -1, chunks: number): void {
    for (let i = 0; i <= chunks; i += 1) {
      const wanted = atUs + direction * i * CHUNK_US;
      if (wanted < this.nowUs()) this.get(wanted).catch(() => undefined);
    }
  }

  /** Drops what is being loaded away from `atUs`: somebody jumped. */
  abortAwayFrom(atUs: number): void {
    const index = Math.floor(atUs / CHUNK_US);
    for (const [other, { abort }] of this.loading) if (Math.abs(other - index) > 1) abort.abort();
  }

  close(): void {
    for (const { abort } of this.loading.values()) abort.abort();
    this.chunks.clear();
  }

  private async pictures(span: Span, signal: AbortSignal): Promise<readonly Picture[]> {
    const pictures = await this.source.pictures(span, signal);
    for (const picture of pictures) if (picture.isAltered) this.altered.add(picture.atUs);
    for (const oldest of this.altered) {
      if (this.altered.size <= ALTERED_KEPT) break;
      this.altered.delete(oldest);
    }
    return pictures;
  }

  private isStale(kept: { chunk: Chunk; loadedMs: number }): boolean {
    const isYoung = kept.chunk.to_at_us > this.nowUs() - SETTLED_US;
    return isYoung && performance.now() - kept.loadedMs > YOUNG_KEPT_MS;
  }

  private async load(index: number, signal: AbortSignal): Promise<Chunk> {
    const span = { from_at_us: index * CHUNK_US, to_at_us: (index + 1) * CHUNK_US };
    const chunk = { ...span, pictures: await this.pictures(span, signal) };
    this.chunks.delete(index);
    this.chunks.set(index, { chunk, loadedMs: performance.now() });
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= CHUNKS_KEPT) break;
      this.chunks.delete(oldest);
    }
    return chunk;
  }
}
