/** Playing forward: feeds a decoder a little ahead of the clock and draws each picture when it is due. */

import type { FootageCache } from "./cache";
import { chunkOf, decoderConfig } from "./exact";
import type { Picture, Track } from "./mp4";

/** Decoded frames waiting to be shown plus frames in the decoder. */
const AHEAD_MAX = 10;
const PREFETCH_CHUNKS = 2;

export interface Due {
  /** The newest picture not after the clock, with its instant; the taker closes a VideoFrame. Null: nothing new yet. */
  readonly picture: { readonly atUs: number; readonly frame: VideoFrame | ImageBitmap } | null;
  /** Where the clock may not pass yet: pictures are on their way. */
  readonly isStarved: boolean;
  /** True when the footage is here and holds no picture at the clock. */
  readonly isEmpty: boolean;
}

export class ForwardPlay {
  private decoder: VideoDecoder | null = null;
  private track: Track | null = null;
  private ready: VideoFrame[] = [];
  private lastDecodeUs = -1;
  private loadingUs: number | null = null;
  private fedUs = 0;
  error: Error | null = null;

  constructor(
    private readonly cache: FootageCache,
    private readonly fromUs: number,
    private readonly onlyKeys: boolean,
  ) {
    this.fedUs = fromUs;
  }

  /** What is due at `clockUs`; also feeds the decoder. */
  due(clockUs: number): Due {
    this.feed(clockUs);
    let frame: VideoFrame | null = null;
    while (this.ready[0] && this.ready[0].timestamp <= clockUs) {
      frame?.close();
      frame = this.ready.shift() ?? null;
    }
    const chunk = this.cache.peek(clockUs);
    const isWaiting = this.ready.length === 0 && (this.decoder?.decodeQueueSize ?? 0) > 0;
    const isEmpty = chunk !== null && !chunk.pictures.some((one) => one.atUs >= clockUs - 1e6 && one.atUs <= clockUs + 1e6);
    return { picture: frame && { atUs: frame.timestamp, frame }, isStarved: chunk === null || (isWaiting && frame === null), isEmpty };
  }

  close(): void {
    for (const frame of this.ready) frame.close();
    this.ready = [];
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
  }

  private feed(clockUs: number): void {
    // Past a gap nothing was fed: start looking where the clock is.
    if (this.fedUs < clockUs - 4e6) this.fedUs = clockUs;
    const lookUs = Math.max(clockUs, this.fedUs);
    const chunk = this.cache.peek(lookUs);
    this.cache.prefetch(lookUs, 1, PREFETCH_CHUNKS);
    if (!chunk) return this.load(lookUs);
    for (const picture of chunk.pictures) {
      if (this.ready.length + (this.decoder?.decodeQueueSize ?? 0) >= AHEAD_MAX) return;
      if (this.isWanted(picture, chunk.pictures)) this.decode(picture);
    }
    if (chunk.to_at_us - lookUs < 4e6 && this.isExhausted(chunk.pictures)) this.fedUs = chunk.to_at_us;
  }

  private isExhausted(pictures: readonly Picture[]): boolean {
    const last = pictures.at(-1);
    return !last || last.decodeUs <= this.lastDecodeUs || this.onlyKeys;
  }

  private isWanted(picture: Picture, all: readonly Picture[]): boolean {
    if (picture.decodeUs <= this.lastDecodeUs) return false;
    if (this.onlyKeys && !picture.isKey) return false;
    if (this.lastDecodeUs >= 0 && this.decoder) return true;
    // First picture of this play: begin with the key picture that the start needs.
    const start = all.filter((one) => one.isKey && one.atUs <= this.fromUs).at(-1) ?? all.find((one) => one.isKey);
    return start !== undefined && picture.decodeUs >= start.decodeUs;
  }

  private decode(picture: Picture): void {
    if (this.track !== picture.track && picture.isKey) this.configure(picture.track);
    if (!this.decoder || this.decoder.state !== "configured") return;
    this.lastDecodeUs = picture.decodeUs;
    this.decoder.decode(chunkOf(picture));
  }

  /** Chunks of one file have equal init segments but not the same object. */
  private configure(track: Track): void {
    const isSame = this.track !== null && sameTrack(this.track, track);
    this.track = track;
    if (isSame && this.decoder) return;
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = new VideoDecoder({
      output: (frame) => this.take(frame),
      error: (error) => (this.error = error),
    });
    this.decoder.configure(decoderConfig(track));
  }

  private take(frame: VideoFrame): void {
    // The picture of the start is on screen already; those before it only served to decode.
    if (frame.timestamp < this.fromUs) return frame.close();
    this.ready.push(frame);
    this.ready.sort((a, b) => a.timestamp - b.timestamp);
  }

  private load(atUs: number): void {
    if (this.loadingUs === atUs) return;
    this.loadingUs = atUs;
    this.cache
      .get(atUs)
      .catch((error: unknown) => {
        if (!isAbort(error)) this.error = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => (this.loadingUs = null));
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function sameTrack(a: Track, b: Track): boolean {
  return (
    a.codec === b.codec &&
    a.widthPx === b.widthPx &&
    a.description.length === b.description.length &&
    a.description.every((byte, i) => byte === b.description[i])
  );
}
